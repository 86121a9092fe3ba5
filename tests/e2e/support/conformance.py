"""The cases of tests/conformance/*.toml: reading them, running them, judging the answers.

The format is described in docs/CONFORMANCE.md.
"""

import os
import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from support.client import ProtocolError, parse_head
from support.raw_exchange import MARKER_BODY, MARKER_TARGET, Outcome, RawExchange
from support.server import REPOSITORY
from support.tree import noise, write

CASES = REPOSITORY / "tests" / "conformance"
MODIFIED_SECONDS = 1403716338  # Wed, 25 Jun 2014 17:12:18 GMT, of every file of the site
THREADS = 16
SHORT_BYTES = 1000

FILES = {
    "index.html": b"<!doctype html>\n<title>conformance</title>\n",
    "file.txt": b"0123456789\n",
    "10.bin": b"abcdefghij",
    "100.txt": bytes(range(32, 127)) + b"five\n",
    "1000.bin": noise(1000),
    "10000.bin": noise(10000),
    "12345.txt": b"12345\n",
    "12345.html": b"12345\n",
    "Foo.txt": b"upper case\n",
    "empty.txt": b"",
    "style.css": b"p {  }\r\n",
    "image.jpg": b"a picture\n",
    "echo": b"OK",
    "cookie": b"OK",
    "a..": b"dots at the end\n",
    "directory/index.html": b"<!doctype html>\n<title>directory</title>\n",
    "directory/file.txt": b"in a directory\n",
    "a b \u00e9/index.html": b"<!doctype html>\n<title>escapes</title>\n",
    MARKER_TARGET[1:]: MARKER_BODY,
}

OUTCOME = re.compile(r"(?P<status>[1-5][0-9x]{2}|any|![1-5][0-9]{2})?"
                     r"(?P<ending>\+?close|\+open|none)?")
KEYS = {"id", "about", "send", "incomplete", "expect", "then", "then_closed", "file", "ranges",
        "fields", "present", "absent", "body_at_most", "judges_last", "accepts", "warns", "why",
        "as_get", "scored", "not_applicable"}


def build_site(root):
    for name, content in FILES.items():
        path = write(root / name, content)
        os.utime(path, (MODIFIED_SECONDS, MODIFIED_SECONDS))
    return root


@dataclass(frozen=True)
class Case:
    suite: str
    topic: str
    id: str
    about: str
    send: tuple = ()
    incomplete: bool = False
    expect: tuple = ()
    then: tuple = ()
    then_closed: bool | None = None
    file: str = ""
    ranges: tuple = ()
    fields: tuple = ()
    present: tuple = ()
    absent: tuple = ()
    body_at_most: int | None = None
    judges_last: bool = False  # accepts and warns are about the last response
    accepts: tuple = ()
    warns: tuple = ()
    why: str = ""
    scored: bool = True
    not_applicable: str = ""
    own: bool = False  # a variant of ours, which the source does not have


@dataclass(frozen=True)
class Suite:
    name: str
    topic: str
    source: str
    cases: tuple


@dataclass(frozen=True)
class Result:
    case: Case
    outcome: Outcome
    problem: str  # empty when the answer is what we expect
    source_verdict: str  # "accepts", "warns" or "rejects"; empty where the source has none


def load_suites(directory=CASES):
    return [load_suite(path) for path in sorted(directory.glob("*.toml"))]


def load_suite(path):
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    cases = []
    for entry in data["case"]:
        unknown = entry.keys() - KEYS
        assert not unknown, f"{path.name}, {entry['id']}: unknown keys {sorted(unknown)}"
        case = Case(suite=data["suite"], topic=data["topic"],
                    **{key: tuple_of(key, value) for key, value in entry.items()
                       if key != "as_get"})
        cases.append(case)
        if entry.get("as_get"):
            cases.append(as_get(case))
    return Suite(data["suite"], data["topic"], data["source"], tuple(cases))


def tuple_of(key, value):
    if key == "fields":
        return tuple(value.items())
    if key in ("send", "accepts", "warns", "expect") and not isinstance(value, list):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def as_get(case):
    """The same bytes with GET, which is served: a refused method could hide what comes after it."""
    first = case.send[0]
    assert first.startswith("POST "), case.id
    expect = tuple(200 if outcome == 405 else outcome for outcome in case.expect)
    return replace(case, id=case.id + "-as-get", send=("GET " + first[5:], *case.send[1:]),
                   expect=expect, accepts=(), warns=(), why="", own=True)


def pieces_of(case):
    pieces = []
    for entry in case.send:
        piece = piece_of(entry)
        if isinstance(piece, bytes) and pieces and isinstance(pieces[-1], bytes):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def piece_of(entry):
    """Text is Latin-1, so that any byte can be written."""
    if isinstance(entry, str):
        return entry.encode("latin-1")
    if "pause_ms" in entry:
        return entry["pause_ms"] / 1000
    if "repeat" in entry:
        text = entry.get("between", "").join(
            entry["repeat"].replace("{n}", str(n)) for n in range(entry["times"]))
        return text.encode("latin-1")
    before, after = entry.get("await", ""), entry.get("after", "")
    field, form = entry.get("field"), entry.get("form", "{}")

    def continued(response):
        value = "" if field is None else form_of(response.field(field) or '"absent"', form)
        return (before + value + after).encode("latin-1")
    return continued


def form_of(value, form):
    """`{}` stands for the value, `{bare}` for it without quotes, `{cut}` without the last one."""
    return (form.replace("{bare}", value.strip('"')).replace("{cut}", value[:-1])
            .replace("{}", value))


def matches(outcome_text, outcome, which=0):
    """True when what came back is one of the outcomes a table speaks of."""
    text = str(outcome_text)
    form = OUTCOME.fullmatch(text)
    assert form and text, f"no outcome: {text!r}"
    status, ending = form["status"], form["ending"]
    if status is None:
        return not outcome.responses and outcome.closed == (ending == "close")
    if not outcome.responses:
        return False
    if ending and outcome.closed != (ending == "+close"):
        return False
    return status_matches(status, outcome.responses[which].status)


def status_matches(pattern, status):
    if pattern == "any":
        return True
    if pattern.startswith("!"):
        return status != int(pattern[1:])
    return all(p in ("x", s) for p, s in zip(pattern, str(status)))


def run_case(case, address, bytewise=False):
    outcome = RawExchange(address, pieces_of(case), case.incomplete, bytewise).run()
    return Result(case, outcome, problem_of(case, outcome), source_verdict(case, outcome))


def run_cases(cases, address, bytewise=False):
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(lambda case: run_case(case, address, bytewise), cases))


def is_short(case):
    """Whether sending the bytes one by one takes little time."""
    return sum(len(entry) if isinstance(entry, str) else entry.get("times", 0)
               for entry in case.send) < SHORT_BYTES


def source_verdict(case, outcome):
    if case.own:
        return ""
    which = -1 if case.judges_last else 0
    if any(matches(text, outcome, which) for text in case.accepts):
        return "accepts"
    return "warns" if any(matches(text, outcome, which) for text in case.warns) else "rejects"


def problem_of(case, outcome):
    """What is wrong with the answer in our judgement, or nothing."""
    if outcome.fault:
        return outcome.fault
    if not any(matches(expected, outcome) for expected in case.expect):
        return "wanted " + words(case.expect)
    if case.then_closed is not None and outcome.closed != case.then_closed:
        return "wanted the connection " + ("to be closed" if case.then_closed else "to persist")
    return problem_of_later(case, outcome) or problem_of_last(case, outcome)


def problem_of_later(case, outcome):
    later = outcome.statuses[1:]
    if len(later) != len(case.then):
        return f"wanted {len(case.then) + 1} responses, not {len(outcome.statuses)}"
    for number, (status, expected) in enumerate(zip(later, case.then), 2):
        if not any(status_matches(str(text), status) for text in expected):
            return f"wanted {words(expected)} as response {number}"
    return ""


def problem_of_last(case, outcome):
    if not outcome.responses:
        return ""
    response = outcome.responses[-1]
    for name, value in case.fields:
        if not re.fullmatch(value, response.field(name) or ""):
            return f"{name} is {response.field(name)!r}, wanted {value!r}"
    for name in case.present:
        if response.field(name) is None:
            return f"{name} is missing"
    for name in case.absent:
        if response.field(name) is not None:
            return f"there is a {name}"
    if case.body_at_most is not None and len(response.body) > case.body_at_most:
        return f"{len(response.body)} bytes of content, wanted {case.body_at_most} at most"
    return problem_of_content(case, response) if case.file else ""


def problem_of_content(case, response):
    content = FILES[case.file]
    to_head = str(case.send[0]).startswith("HEAD ")
    if response.status == 200:
        if to_head:
            return "" if response.content_length == len(content) else "wrong Content-Length"
        return "" if response.body == content else "the content is not that of the file"
    if response.status == 416:
        wanted = f"bytes */{len(content)}"
        return "" if response.field("content-range") == wanted else f"wanted {wanted!r}"
    if response.status != 206 or to_head or not case.ranges:
        return ""
    wanted = [part_of(content, text) for text in case.ranges]
    try:
        parts = parts_of(response)
    except ProtocolError as error:
        return str(error)
    return "" if parts == wanted else f"wrong parts: {[part for part, _ in parts]}"


def part_of(content, text):
    first, last = map(int, text.split("-"))
    return f"bytes {first}-{last}/{len(content)}", content[first:last + 1]


def parts_of(response):
    """The ranges of a 206: (Content-Range, bytes) of each."""
    if single := response.field("content-range"):
        return [(single, response.body)]
    boundary = re.fullmatch(r'multipart/byteranges; ?boundary="?([^";]+)"?',
                            response.field("content-type") or "")
    if not boundary:
        raise ProtocolError("a 206 with neither Content-Range nor multipart/byteranges")
    mark = b"--" + boundary[1].encode()
    preamble, *parts, end = (b"\r\n" + response.body).split(b"\r\n" + mark)
    if preamble.strip() or end not in (b"--", b"--\r\n"):
        raise ProtocolError("the parts are not delimited as RFC 2046 wants it")
    found = []
    for part in parts:
        head, separator, body = part.partition(b"\r\n\r\n")
        fields = parse_head(b"HTTP/1.1 206 Part" + head + separator)
        found.append((fields.field("content-range"), body))
    return found


def words(outcomes):
    return " or ".join(str(outcome).replace("+close", " and close").replace("+open", " and open")
                       for outcome in outcomes)
