"""Listings of directories: every name leads to its file, and makes no markup."""

import os
import re

import pytest

from support.listing import JSON, Page, ask_json, ask_page, names_of, resolve
from support.privileges import unprivileged_prefix
from support.tree import SECRET, write

CONFIGURATION = """
[[site]]
hosts = ["list.test"]
root = "root"
listing = true

  [[site.mount]]
  path = "/<b>mount\\"'&"
  root = "root/plain"
  listing = true

  [[site.rewrite]]
  prefix = "/rewritten"
  to = "/plain"

[[site]]
hosts = ["follow.test"]
root = "root"
listing = true
symlinks = "follow"

[[site]]
hosts = ["none.test"]
root = "root"
listing = true
symlinks = "none"

[[site]]
hosts = ["all.test"]
root = "root"
listing = true
hidden_files = true
index = []

[[site]]
hosts = ["off.test"]
root = "root"
"""


# Every byte that a name may have, and names that mean something to somebody.
NAMES = [b"x%cy" % byte for byte in range(1, 256) if byte != ord("/")]
NAMES += [b"%c" % byte for byte in range(1, 256) if byte not in b"/."]
NAMES += [
    b"javascript:alert(1)", b"http:", b"http:\\\\evil.example", b"\\\\evil.example", b"data:,x",
    b"a?b#c%41", b"%41", b"%2e%2e%2f", b"%00", b"a&amp;b", b"&lt;", b"<script>alert(1)",
    b"\"><img src=x onerror=alert(1)>", b"' onmouseover='alert(1)", b"--><!--", b"]]>", b"<table>",
    b"<!doctype html>", b"<\\title>", b" leading",
    b"trailing ", b"  ", b"a  b", b"~user", b"~", b"#", b"?",
    b"?sort=size", b";", b"...", b"..a", b"a..", b"a.", b"-rf", b"*", b"$1", b"mailto:a@b",
    b"line\nbreak", b"tab\there", b"carriage\rreturn", b"\x1b[31mred", b"\x7f", b"\xff\xfe",
    b"\xc3", b"\xc3\xa4", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xe2\x80\xae.exe",
    b"\xf0\x9f\x98\x80", b"\xe2\x80\xa8", b"a" * 255, b"\xe4" * 255, b"&" * 255, b"con",
    b"index.htm", b"x.html.gz", b"{\"name\":1}", b"\\u0041", b"\\", b"\\\"",
]
NAMES = sorted(set(NAMES))


@pytest.fixture(scope="module")
def root(new_directory):
    root = new_directory() / "root"
    for name in NAMES:
        path = os.fsencode(root) + b"/names/" + name
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"content of " + name)
        os.makedirs(os.fsencode(root) + b"/directories/" + name)
        with open(os.fsencode(root) + b"/directories/" + name + b"/inside", "wb") as file:
            file.write(b"inside of " + name)
    write(root / "plain" / "file.txt", b"file\n")
    write(root / "plain" / "sub" / "x", b"")
    write(root / "indexed" / "index.html", b"index\n")
    write(root / "hidden" / ".hidden", b"hidden\n")
    write(root / "hidden" / ".directory" / "x", b"x")
    write(root / "hidden" / "shown", b"shown\n")
    (root / "empty").mkdir()
    write(root / "closed" / "file", b"file\n")
    (root / "closed").chmod(0o311)
    write(root / "shut" / "file", b"file\n")
    (root / "shut").chmod(0)
    make_links(root)
    yield root
    for name in ("closed", "shut"):
        (root / name).chmod(0o755)


def make_links(root):
    write(root.parent / "secret.txt", SECRET)
    write(root / "links" / "file", b"file\n")
    for name, target in {"in": "file", "out": "../../secret.txt", "directory": "../plain",
                         "dangling": "nowhere", "loop": "loop", "up": "../.."}.items():
        (root / "links" / name).symlink_to(target)
    os.mkfifo(root / "links" / "fifo")


@pytest.fixture(scope="module")
def server(root, start_configured_shared):
    return start_configured_shared(CONFIGURATION, root.parent, prefix=unprivileged_prefix())


@pytest.fixture(scope="module")
def connection(server):
    with server.connect() as opened:
        yield opened


def follow(connection, target, references, prefix):
    """The names to which references lead, each of them once."""
    found = []
    for reference in references:
        assert re.fullmatch(r"[\x21-\x7e]+", reference) and "'" not in reference
        response = connection.ask(resolve(target, reference), host="list.test")
        assert response.status == 200, reference
        assert response.body.startswith(prefix)
        found.append(response.body.removeprefix(prefix))
    assert len(set(found)) == len(found)
    return set(found)


VISIBLE = {name for name in NAMES if not name.startswith(b".")}


def test_html_references_lead_to_the_very_file(connection):
    page = ask_page(connection, "/names/")
    hrefs = [href for href, _ in page.rows]
    assert follow(connection, "/names/", hrefs, b"content of ") == VISIBLE


def test_json_references_lead_to_the_very_file(connection):
    hrefs = [entry["href"] for entry in ask_json(connection, "/names/")["entries"]]
    assert follow(connection, "/names/", hrefs, b"content of ") == VISIBLE


@pytest.mark.parametrize("kind", ["html", "json"])
def test_references_of_directories(connection, kind):
    target = "/directories/"
    hrefs = [href for href, _ in ask_page(connection, target).rows] if kind == "html" \
        else [entry["href"] for entry in ask_json(connection, target)["entries"]]
    assert all(href.endswith("/") for href in hrefs)
    inside = [href + "inside" for href in hrefs]
    tags = ask_page(connection, "/plain/").tags
    assert follow(connection, target, inside, b"inside of ") == VISIBLE
    for href in hrefs:
        deeper = resolve(target, href)
        listing = ask_json(connection, deeper)
        assert names_of(listing) == ["inside"]
        page = ask_page(connection, deeper)
        assert [row[0] for row in page.rows] == ["inside"]
        assert page.tags <= tags


def is_text(name):
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def test_names_are_shown_as_they_are(connection):
    expected = {name.decode() for name in VISIBLE if is_text(name)}
    listed = names_of(ask_json(connection, "/names/"))
    assert len(listed) == len(VISIBLE)
    assert expected <= set(listed)
    # A browser makes other bytes of a few controls.
    shown = {text for _, text in ask_page(connection, "/names/").rows}
    assert {name for name in expected if name.isprintable()} <= shown


def test_names_make_no_markup(connection):
    plain, names = ask_page(connection, "/plain/"), ask_page(connection, "/names/")
    assert names.tags <= plain.tags and names.attributes <= plain.attributes
    assert "script" not in plain.tags


def test_the_path_makes_no_markup(connection):
    plain = ask_page(connection, "/plain/")
    for target in ("/%3Cb%3Emount%22'&/", "/%3Cb%3Emount%22%27%26/sub/",
                   "/directories/%3Cscript%3Ealert(1)/", "/directories/%3C%21doctype%20html%3E/"):
        response = connection.ask(target, host="list.test")
        assert response.status == 200
        page = Page(response.body.decode())
        assert page.tags <= plain.tags and page.attributes <= plain.attributes


def test_pages_may_load_and_run_nothing(connection):
    for fields in ([], JSON):
        response = connection.ask("/names/", fields=fields, host="list.test")
        assert response.field("x-content-type-options") == "nosniff"
    policy = connection.ask("/names/", host="list.test").field("content-security-policy")
    assert "default-src 'none'" in policy and "script-src" not in policy


# Accept → whether it is JSON.
ACCEPTED = {
    None: False, "*/*": False, "text/html": False, "application/json": True,
    "APPLICATION/JSON": True, "application/*": True, "text/*": False, "": False,
    "text/html, application/json": False, "application/json, text/html": False,
    "application/json, text/html;q=0.9": True, "application/json;q=0.9, text/html": False,
    "application/json;q=0.5, text/html;q=0.4": True, "application/json;q=0.001, */*;q=0": True,
    "application/json, */*;q=0.1": True, "application/json;q=0": False,
    "text/html;q=0, */*": True, "text/html;q=0.2, */*;q=0.3": True, "*/*, application/json": True,
    "application/json ; q=1.000 , text/html ; q=0.999": True, "image/png": False,
    "application/jsonx": False, "application/json;q=2": False,
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": False,
}


@pytest.mark.parametrize("accept", ACCEPTED)
def test_accept(connection, accept):
    fields = [] if accept is None else [("Accept", accept)]
    for method in ("GET", "HEAD"):
        response = connection.ask("/plain/", method, fields=fields, host="list.test")
        assert response.status == 200
        assert "accept" in response.field("vary").lower()
        assert ("json" in response.field("content-type")) == ACCEPTED[accept]
        if method == "GET":
            assert (response.body[:1] == b"{") == ACCEPTED[accept]


def test_what_json_says(connection):
    listing = ask_json(connection, "/plain/")
    assert (listing["path"], "next" in listing) == ("/plain/", False)
    directory, file = listing["entries"]
    assert (directory["name"], directory["type"], directory["href"]) == ("sub", "directory", "sub/")
    assert (file["name"], file["type"], file["size"]) == ("file.txt", "file", 5)
    for entry in (directory, file):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["modified"])
    assert ask_json(connection, "/rewritten/")["path"] == "/rewritten/"


@pytest.mark.parametrize("fields", [[], JSON], ids=["html", "json"])
@pytest.mark.parametrize("target", ["/plain/", "/empty/", "/names/", "/plain/?sort=size"])
def test_head(connection, target, fields):
    got = connection.ask(target, fields=fields, host="list.test")
    head = connection.ask(target, "HEAD", fields=fields, host="list.test")
    assert (head.status, head.body) == (200, b"")
    assert [field for field in head.fields if field[0] != "date"] \
        == [field for field in got.fields if field[0] != "date"]


def test_an_empty_directory(connection):
    assert ask_json(connection, "/empty/") == {"path": "/empty/", "entries": []}
    page = ask_page(connection, "/empty/")
    assert (page.rows, page.next) == ([], None)


@pytest.mark.parametrize("target", ["/closed/", "/shut/"])
def test_a_directory_that_cannot_be_read(connection, target):
    for fields in ([], JSON):
        assert connection.ask(target, fields=fields, host="list.test").status == 403
    assert connection.ask("/closed/file", host="list.test").body == b"file\n"


def test_off_by_default(connection):
    for target in ("/plain/", "/empty/", "/plain/?sort=nonsense"):
        assert connection.ask(target, fields=JSON, host="off.test").status == 403
    assert connection.ask("/nowhere/", host="off.test").status == 404


def test_what_is_no_directory_or_has_an_index(connection):
    assert connection.ask("/indexed/", host="list.test").body == b"index\n"
    assert names_of(ask_json(connection, "/indexed/", host="all.test")) == ["index.html"]
    for target in ("/nowhere/", "/plain/file.txt/", "/links/fifo/"):
        assert connection.ask(target, host="list.test").status == 404
    response = connection.ask("/plain?sort=size", host="list.test")
    assert (response.status, response.field("location")) == (301, "/plain/?sort=size")


@pytest.mark.parametrize("method, status", [("POST", 405), ("DELETE", 405), ("OPTIONS", 204)])
def test_other_methods(connection, method, status):
    assert connection.ask("/plain/", method, host="list.test").status == status


def test_hidden_files(connection):
    assert names_of(ask_json(connection, "/hidden/")) == ["shown"]
    assert names_of(ask_json(connection, "/hidden/", host="all.test")) \
        == [".directory", ".hidden", "shown"]
    assert connection.ask("/hidden/.directory/", host="list.test").status == 404


@pytest.mark.parametrize("host", ["list.test", "follow.test", "none.test"])
def test_links_are_listed_where_they_are_followed(connection, host):
    """A name is there if, and only if, a request for it would be answered."""
    entries = {entry["name"]: entry for entry in ask_json(connection, "/links/", host)["entries"]}
    for name in ("file", "in", "out", "directory", "dangling", "loop", "up", "fifo"):
        found = connection.ask(f"/links/{name}", host=host).status
        listed = entries.get(name)
        assert (listed is not None) == (found in (200, 301)), name
        if listed:
            assert (listed["type"] == "directory") == (found == 301)
    assert "file" in entries


MALFORMED = [
    "sort=", "sort=foo", "sort=Name", "order=", "order=up", "sort=%zz", "order=%", "after=",
    "after=/", "after=a/b", "after=a//", "after=%00", "after=a%00b", "after=%2fa", "after=%z",
    "sort=size&after=x", "sort=size&after=x&key=", "sort=size&after=x&key=a",
    "sort=size&after=x&key=-1", "sort=size&after=x&key=1.5", "sort=size&after=x&key=+1",
    "sort=size&after=x&key=99999999999999999999", "sort=modified&after=x",
    "sort=modified&after=x&key=1", "sort=modified&after=x&key=1.", "sort=modified&after=x&key=1.5",
    "sort=modified&after=x&key=.000000000", "sort=modified&after=x&key=1.00000000x",
    "sort=modified&after=x&key=99999999999999999999.000000000", "sort=name&sort=foo",
]


@pytest.mark.parametrize("query", MALFORMED)
def test_malformed_queries(connection, query):
    for fields in ([], JSON):
        assert connection.ask(f"/plain/?{query}", fields=fields, host="list.test").status == 400


@pytest.mark.parametrize("query", ["", "&", "&&&", "x", "x=1", "sort", "order&x=%41",
                                   "a=b&sort=name",
                                   "sort=%6e%61me", "after=zzz", "after=a", "after=%ff",
                                   "sort=size&after=x&key=0", "utm_source=a%zz",
                                   "sort=modified&after=x&key=-1.000000000"])
def test_queries_that_are_none_of_ours(connection, query):
    assert connection.ask(f"/plain/?{query}", host="list.test").status == 200


@pytest.mark.parametrize("depth", [1, 2, 15, 16, 17, 40])
def test_the_heading_leads_to_the_directories_above(root, connection, depth):
    names = [f"level {number}&" for number in range(depth)]
    place = root / f"deep-{depth}"
    place.joinpath(*names).mkdir(parents=True)
    target = f"/{place.name}/" + "".join(name.replace(" ", "%20") + "/" for name in names)
    page = ask_page(connection, target)
    above = target
    for href, _ in reversed(page.links["h1"][1:]):
        above = above[:above.rindex("/", 0, -1) + 1]
        assert resolve(target, href) == above
    assert resolve(target, page.links["h1"][0][0]) == "/"
    assert resolve(target, page.links["tbody"][0][0]) == target[:target.rindex("/", 0, -1) + 1]
    assert ask_page(connection, "/").links["tbody"][0][0] != "../"


def test_pages_of_names_of_every_kind(root, connection):
    """Each of them once is the last of a page."""
    listing = ask_json(connection, "/names/?order=desc")
    hrefs = [entry["href"].removeprefix("./") for entry in listing["entries"]]
    for position, href in enumerate(hrefs):
        rest = ask_json(connection, f"/names/?order=desc&after={href.replace('&', '%26')}")
        assert len(rest["entries"]) == len(hrefs) - position - 1
