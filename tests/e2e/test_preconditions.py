"""Conditional requests (RFC 9110 §13), in the order of §13.2.2."""

import email.utils
import itertools
import os
import time

import pytest

from support.client import build_request
from support.tree import noise, write

MODIFIED = 1_700_000_000  # Tue, 14 Nov 2023 22:13:20 GMT
CONTENT = noise(5000)

CONFIGURATION = """
[[site]]
root = "root"

  [[site.header]]
  set = { Cache-Control = "max-age=60" }

  [[site.header]]
  path = "/packed.txt"
  add = { Vary = "Cookie" }
"""


def imf_fixdate(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


def rfc_850(seconds):
    return time.strftime("%A, %d-%b-%y %H:%M:%S GMT", time.gmtime(seconds))


def asctime(seconds):
    return time.asctime(time.gmtime(seconds))


DATE_FORMS = [imf_fixdate, rfc_850, asctime]
INVALID_DATES = ["", "0", "yesterday", str(MODIFIED), "Tue, 14 Nov 2023 22:13:20",
                 "Tue, 14 Nov 2023 22:13:20 CET", "Tue, 14 Nov 2023 22:13:20 GMT+1",
                 "Tue, 32 Nov 2023 22:13:20 GMT", "Wed, 29 Feb 2023 22:13:20 GMT",
                 "Tue, 14 nov 2023 22:13:20 GMT", "Tue, 14 Nov 2023 24:13:20 GMT",
                 "Tue,14 Nov 2023 22:13:20 GMT", "2023-11-14T22:13:20Z",
                 "Tue, 14 Nov 2023 22:13:20 GMT, Tue, 14 Nov 2023 22:13:20 GMT", '"a-tag"', "*"]


@pytest.fixture(scope="module")
def root(new_directory):
    root = new_directory() / "root"
    for name in ("file.txt", "packed.txt", "packed.txt.gz", "directory/index.html"):
        os.utime(write(root / name, CONTENT), (0, MODIFIED))
    return root


@pytest.fixture(scope="module")
def condition_server(root, start_configured_shared):
    return start_configured_shared(CONFIGURATION, root.parent)


@pytest.fixture(scope="module")
def tag(condition_server):
    return condition_server.get("/file.txt").field("etag")


@pytest.fixture(scope="module")
def connection(condition_server):
    """One for all tests: no answer may have a byte too many."""
    with condition_server.connect() as opened:
        yield opened


def check_answer(response, status, tag, method="GET"):
    assert response.status == status
    if status == 200:
        assert response.body == (CONTENT if method == "GET" else b"")
    elif status == 304:
        assert response.field("etag") == tag
        assert response.field("content-length") in (None, str(len(CONTENT)))
    else:
        assert response.field("etag") is None


# Values of the lists; TAG stands for the file's. True: the file is in the list.
TAG = "TAG"
IN_LIST = {
    TAG: True, "*": True, f'"other", {TAG}': True, f'{TAG}, "other"': True,
    f'"a","b" , {TAG}': True, f'W/"other", {TAG}': True, f',, {TAG},': True,
    f'"with,comma", {TAG}': True,
    '"other"': False, '"a", "b"': False, '""': False, "": False, "bare": False, '"': False,
    "'TAG'": False, "W/": False, '"*"': False, f"w/{TAG}": False, f"W/ {TAG}": False,
    f"{TAG[:-1]}": False,
    # What follows a mistake cannot be told from it.
    f'bare, {TAG}': False, f'{TAG}, bare': True, f'"open, {TAG}': False,
    f'"a space", {TAG}': False,
}
WEAK = {f"W/{TAG}": True, f'"other", W/{TAG}': True, f'W/{TAG}, "other"': True,
        'W/"other"': False}


def insert(value, tag):
    return value if value is None else value.replace(TAG, tag)


@pytest.mark.parametrize("value", [*IN_LIST, *WEAK])
def test_if_match(connection, tag, value):
    """Strong comparison: a weak tag is never the same."""
    response = connection.ask("/file.txt", fields=[("If-Match", insert(value, tag))])
    check_answer(response, 200 if IN_LIST.get(value, False) else 412, tag)


@pytest.mark.parametrize("value", [*IN_LIST, *WEAK])
def test_if_none_match(connection, tag, value):
    """Weak comparison: the W/ does not count."""
    response = connection.ask("/file.txt", fields=[("If-None-Match", insert(value, tag))])
    check_answer(response, 304 if (IN_LIST | WEAK)[value] else 200, tag)


DIFFERENCES = {-86_400 * 365 * 5: False, -86_400: False, -1: False, 0: True, 1: True, 86_400: True}


@pytest.mark.parametrize("difference", DIFFERENCES)
@pytest.mark.parametrize("form", DATE_FORMS, ids=lambda form: form.__name__)
def test_dates_in_their_three_forms(connection, tag, form, difference):
    value, unmodified = form(MODIFIED + difference), DIFFERENCES[difference]
    since = connection.ask("/file.txt", fields=[("If-Modified-Since", value)])
    check_answer(since, 304 if unmodified else 200, tag)
    until = connection.ask("/file.txt", fields=[("If-Unmodified-Since", value)])
    check_answer(until, 200 if unmodified else 412, tag)


@pytest.mark.parametrize("value", INVALID_DATES)
def test_invalid_dates_are_ignored(connection, tag, value):
    for name in ("If-Modified-Since", "If-Unmodified-Since"):
        check_answer(connection.ask("/file.txt", fields=[(name, value)]), 200, tag)


def test_a_date_to_come(connection, tag):
    """Clients with a fast clock are better off when it counts, and RFC 9110 §13.1.3 lets it."""
    fields = [("If-Modified-Since", imf_fixdate(time.time() + 86_400))]
    check_answer(connection.ask("/file.txt", fields=fields), 304, tag)


# (value, what it means): True, the file is the one that is meant; False, it is not; None, nothing.
TAGS = [(None, None), (TAG, True), ("*", True), (f'"a", {TAG}', True), ('"other"', False),
        ("bare", False)]
DATES = [(None, None), (imf_fixdate(MODIFIED), True), (asctime(MODIFIED + 60), True),
         (rfc_850(MODIFIED - 1), False), ("never", None)]


def expected_status(matches, unmodified, none_matches, not_modified_since):
    """RFC 9110 §13.2.2, steps 1 to 4 for GET and HEAD."""
    if matches is False or (matches is None and unmodified is False):
        return 412
    if none_matches or (none_matches is None and not_modified_since):
        return 304
    return 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("match", TAGS, ids=lambda match: f"If-Match: {match[0]}")
def test_all_combinations(condition_server, tag, match, method):
    names = ("If-Match", "If-Unmodified-Since", "If-None-Match", "If-Modified-Since")
    combinations = list(itertools.product([match], DATES, [*TAGS, (f"W/{TAG}", True)], DATES))
    with condition_server.connect() as connection:
        for values in combinations:
            fields = [(name, insert(value, tag)) for name, (value, _) in zip(names, values)
                      if value is not None]
            response = connection.ask("/file.txt", method, fields)
            status = expected_status(*(meaning for _, meaning in values))
            assert response.status == status, fields
            check_answer(response, status, tag, method)


def test_lists_may_have_several_lines(connection, tag):
    lines = [("If-None-Match", '"other"'), ("If-None-Match", tag)]
    assert connection.ask("/file.txt", fields=lines).status == 304
    lines = [("If-Match", '"other"'), ("If-Match", tag)]
    assert connection.ask("/file.txt", fields=lines).status == 200


@pytest.mark.parametrize("name", ["If-Modified-Since", "If-Unmodified-Since"])
def test_two_dates_are_none(connection, tag, name):
    for differences in itertools.product((-100, 0, 100), repeat=2):
        dates = [(name, imf_fixdate(MODIFIED + difference)) for difference in differences]
        check_answer(connection.ask("/file.txt", fields=dates), 200, tag)


def test_a_304_has_what_caches_update(connection, condition_server):
    """RFC 9110 §15.4.5: what a 200 would have of these, and nothing that describes a content."""
    plain = [("Accept-Encoding", "gzip")]
    full = connection.ask("/packed.txt", fields=plain)
    response = connection.ask("/packed.txt", fields=[*plain,
                                                     ("If-None-Match", full.field("etag"))])
    assert (full.status, response.status) == (200, 304)
    assert full.field("content-encoding") == "gzip"
    for name in ("etag", "vary", "cache-control"):
        assert response.field(name) == full.field(name) is not None, name
    assert response.field("cache-control") == "max-age=60"
    assert {part.strip() for part in response.field("vary").split(",")} == {"Accept-Encoding",
                                                                            "Cookie"}
    assert response.field("date")
    assert response.field("content-type") is None
    assert response.field("content-encoding") is None
    assert connection.ask("/file.txt").body == CONTENT


def test_the_tag_of_a_variant_is_not_that_of_the_file(connection):
    packed, plain = (connection.ask("/packed.txt", fields=[("Accept-Encoding", coding)])
                     for coding in ("gzip", "identity"))
    for coding, response, status in [("gzip", plain, 200), ("identity", packed, 200),
                                     ("gzip", packed, 304), ("identity", plain, 304)]:
        fields = [("Accept-Encoding", coding), ("If-None-Match", response.field("etag"))]
        assert connection.ask("/packed.txt", fields=fields).status == status


def test_pipelined_304_have_no_body(condition_server, tag):
    with condition_server.connect() as connection:
        condition = [("If-None-Match", tag)]
        connection.send((build_request("/file.txt", fields=condition)
                         + build_request("/file.txt", "HEAD", condition)
                         + build_request("/file.txt", fields=[("If-Match", '"other"')])
                         + build_request("/file.txt")) * 50)
        for _ in range(50):
            assert connection.read_response().status == 304
            assert connection.read_response("HEAD").status == 304
            assert connection.read_response().status == 412
            check_answer(connection.read_response(), 200, tag)


def test_1_0_has_conditions_too(condition_server, tag):
    for name, value, status in [("If-None-Match", tag, 304), ("If-Match", '"other"', 412),
                                ("If-Modified-Since", imf_fixdate(MODIFIED), 304)]:
        response = condition_server.get("/file.txt", fields=[(name, value)], version="HTTP/1.0")
        assert response.status == status


PART, BEHIND = ("Range", "bytes=0-9"), ("Range", "bytes=9999-")
SEVERAL = ("Range", "bytes=0-9,20-29")
RANGES_LATER = [
    ([("If-Match", '"other"'), PART], 412),
    ([("If-Match", '"other"'), BEHIND], 412),
    ([("If-Match", '"other"'), SEVERAL], 412),
    ([("If-Unmodified-Since", imf_fixdate(MODIFIED - 1)), PART], 412),
    ([("If-None-Match", TAG), PART], 304),
    ([("If-None-Match", TAG), BEHIND], 304),
    ([("If-None-Match", TAG), SEVERAL], 304),
    ([("If-Modified-Since", imf_fixdate(MODIFIED)), PART], 304),
    ([("If-Match", TAG), PART], 206),
    ([("If-Match", TAG), BEHIND], 416),
    ([("If-None-Match", '"other"'), PART], 206),
    ([("If-Match", '"other"'), ("If-Range", TAG), PART], 412),
    ([("If-None-Match", TAG), ("If-Range", '"other"'), PART], 304),
    ([("If-Match", TAG), ("If-Range", TAG), PART], 206),
    ([("If-Match", TAG), ("If-Range", TAG), BEHIND], 416),
    ([("If-Match", TAG), ("If-Range", '"other"'), PART], 200),
    ([("If-Range", '"other"'), BEHIND], 200),
    ([("If-Range", TAG)], 200),
    ([("If-Range", f"W/{TAG}"), PART], 200),
    ([("If-Range", f'{TAG}, "other"'), PART], 200),
    ([("If-Range", "*"), PART], 200),
    ([("If-Range", ""), PART], 200),
    ([("If-Range", imf_fixdate(MODIFIED)), PART], 206),
    ([("If-Range", rfc_850(MODIFIED)), PART], 206),
    ([("If-Range", asctime(MODIFIED)), PART], 206),
    # Not "unmodified since" but "this very state" (§13.1.5).
    ([("If-Range", imf_fixdate(MODIFIED + 1)), PART], 200),
    ([("If-Range", imf_fixdate(MODIFIED - 1)), PART], 200),
    ([("If-Range", TAG), ("If-Range", TAG), PART], 200),
]


@pytest.mark.parametrize("fields, status", RANGES_LATER,
                         ids=lambda value: str(value) if isinstance(value, int) else
                         ", ".join(": ".join(field) for field in value))
def test_ranges_come_after_the_preconditions(connection, tag, fields, status):
    fields = [(name, insert(value, tag)) for name, value in fields]
    response = connection.ask("/file.txt", fields=fields)
    assert response.status == status
    if status == 206:
        assert response.body == CONTENT[:10]
    if status == 200:
        assert response.body == CONTENT
    if status == 416:
        assert response.field("content-range") == f"bytes */{len(CONTENT)}"


def test_the_date_of_a_second_that_is_not_over(condition_server, root):
    """The file may change once more without a new date, so the date is weak (§8.8.2.2)."""
    while True:
        modified = int(write(root / "fresh.txt", CONTENT).stat().st_mtime)
        fields = [("If-Range", imf_fixdate(modified)), PART]
        response = condition_server.get("/fresh.txt", fields=fields)
        if int(time.time()) == modified:  # else the second was over in the middle
            break
    assert (response.status, response.body) == (200, CONTENT)


@pytest.mark.parametrize("target, method, status", [
    ("/missing", "GET", 404), ("/missing", "HEAD", 404), ("/directory", "GET", 301),
    ("/file.txt", "POST", 405), ("/file.txt", "PUT", 405), ("/file.txt", "DELETE", 405),
    ("/file.txt", "OPTIONS", 204), ("/%zz", "GET", 400)])
@pytest.mark.parametrize("name, value", [("If-Match", '"other"'), ("If-Match", "*"),
                                         ("If-None-Match", "*"), ("If-None-Match", TAG),
                                         ("If-Unmodified-Since", imf_fixdate(0)),
                                         ("If-Modified-Since", imf_fixdate(time.time()))])
def test_other_answers_have_no_preconditions(condition_server, tag, target, method, status, name,
                                             value):
    """RFC 9110 §13.2.1: they count only where the answer would be 2xx without them."""
    with condition_server.connect() as connection:
        response = connection.ask(target, method, [(name, insert(value, tag))])
    assert response.status == status


def test_the_index_of_a_directory_is_a_file(connection):
    index = connection.ask("/directory/")
    response = connection.ask("/directory/", fields=[("If-None-Match", index.field("etag"))])
    assert response.status == 304
