"""Index files, and redirects that never leave this host."""

import re
from urllib.parse import quote, urljoin, urlsplit

import pytest

from support.client import Connection
from support.tree import write
from support.waiting import wait_until

ODD_NAMES = ["with space", "ünïcødé", "100%", "a?b", "a#b", "semi;colon", 'quo"te', "<b>", "a:b",
             "http:", "a&b=c", "plus+sign", "~tilde", "new\nline", "cr\r\nX-Injected: yes"]


@pytest.fixture(scope="module")
def root(new_directory):
    root = new_directory()
    for path in ("index.html", "plain/index.html", "plain/nested/index.html",
                 "evil.example/index.html", "\\evil.example/index.html",
                 "a/evil.example/index.html"):
        write(root / path, f"index of {path}".encode())
    for name in ODD_NAMES:
        write(root / name / "index.html", f"index of {name}".encode())
    write(root / "only-home" / "home.htm", b"home")
    write(root / "both" / "home.htm", b"home")
    write(root / "both" / "start.html", b"start")
    (root / "empty").mkdir()
    (root / "index-is-directory" / "index.html").mkdir(parents=True)
    return root


@pytest.fixture(scope="module")
def directory_server(root, start_shared):
    return start_shared(root)


@pytest.mark.parametrize("target, path", [("/", "index.html"), ("/?query", "index.html"),
                                          ("/plain/", "plain/index.html"),
                                          ("/plain/?a=b", "plain/index.html"),
                                          ("/plain/.", "plain/index.html"),
                                          ("/plain/nested/..", "plain/index.html"),
                                          ("/plain/nested/../", "plain/index.html"),
                                          ("/plain/nested/", "plain/nested/index.html")])
def test_a_directory_is_its_index(directory_server, target, path):
    response = directory_server.get(target)
    if response.status == 301:  # fine for "/plain/." and the like
        assert target[-1] == "."
        response = directory_server.get(response.field("location"))
    assert (response.status, response.body) == (200, f"index of {path}".encode())
    assert response.field("content-type").startswith("text/html")


@pytest.mark.parametrize("target, location", [
    ("/plain", "/plain/"),
    ("/plain?", "/plain/?"),
    ("/plain?a=b&c=d", "/plain/?a=b&c=d"),
    ("/plain?next=//evil.example/%2f?", "/plain/?next=//evil.example/%2f?"),
    ("/plain/nested", "/plain/nested/"),
    ("/plain/../plain", "/plain/"),
    ("/%70lain", "/plain/"),
    ("/empty", "/empty/"),
])
def test_a_directory_without_its_slash_redirects(directory_server, target, location):
    response = directory_server.get(target)
    assert response.status == 301
    assert location_target(directory_server, response.field("location")) in \
        {location, location.rstrip("?")}


def location_target(server, location):
    """What a browser that got `location` from `server` asks for, and from this host only."""
    origin = f"http://{server.address[0]}:{server.port}"
    # Browsers take a backslash for a slash and drop line breaks and tabs (WHATWG URL §4.4).
    as_browser = re.sub(r"[\t\r\n]", "", location).replace("\\", "/")
    parts = urlsplit(urljoin(origin + "/", as_browser))
    assert f"{parts.scheme}://{parts.netloc}" == origin, f"leads to {parts.netloc}: {location!r}"
    return parts.path + ("?" + parts.query if parts.query or location.endswith("?") else "")


ELSEWHERE = [
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "/\\\\evil.example",
    "\\\\evil.example", "/%2f%2fevil.example", "/%2fevil.example", "//%2fevil.example",
    "/%5cevil.example", "/%5c%5cevil.example", "//%5cevil.example", "/%5c/evil.example",
    "/.//evil.example", "/..//evil.example", "/plain/..//evil.example",
    "/plain//../../evil.example",
    "//evil.example?a=b", "//evil.example/..", "//evil.example/%2e%2e", "//evil.example/.",
    "/%09/evil.example", "/%0a/evil.example", "/%0d%0a/evil.example", "//evil.example%2f..",
    "/.%2f/evil.example", "/%2e/%2fevil.example", "//plain", "//evil.example//", "/;//evil.example",
    "http://evil.example/plain", "http://evil.example//evil.example", "http:///evil.example",
    "//a/evil.example", "/a//evil.example", "//user@evil.example", "//evil.example:80/plain",
]


@pytest.mark.parametrize("target", ELSEWHERE)
@pytest.mark.parametrize("host", ["sluice.test", "evil.example"])
def test_no_redirect_to_another_host(directory_server, target, host):
    with Connection(directory_server.address) as connection:
        response = connection.ask(target, host=host)
    assert response.status in (200, 301, 308, 400, 403, 404)
    assert ("location" in dict(response.fields)) == (response.status in (301, 308))
    if location := response.field("location"):
        location_target(directory_server, location)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_the_redirect_of_an_odd_name_leads_to_its_index(directory_server, name):
    response = directory_server.get("/" + quote(name, safe="") + "?q=1")
    assert response.status == 301
    assert response.field("x-injected") is None
    location = response.field("location")
    assert re.fullmatch(r"[!-~]+", location), "a Location must be a URI, in ASCII"
    target = location_target(directory_server, location)
    assert target.endswith("?q=1")
    assert directory_server.get(target).body == f"index of {name}".encode()


def test_a_query_cannot_inject_a_field(directory_server):
    with Connection(directory_server.address) as connection:
        response = connection.ask("/plain?a=%0d%0aX-Injected:%20yes")
    assert response.field("x-injected") is None
    assert response.status == 301


@pytest.mark.parametrize("target", ["/empty/", "/only-home/", "/index-is-directory/"])
def test_a_directory_without_an_index(directory_server, target):
    assert directory_server.get(target).status in (403, 404)


def test_an_index_of_a_chosen_name(root, start):
    server = start(root, "--index", "home.htm")
    assert server.get("/only-home/").body == b"home"
    assert server.get("/both/").body == b"home"
    assert server.get("/empty/").status in (403, 404)


@pytest.mark.parametrize("names, expected", [(["start.html", "home.htm"], b"start"),
                                             (["home.htm", "start.html"], b"home"),
                                             (["none.html", "start.html"], b"start")])
def test_the_first_index_that_exists_wins(root, start, names, expected):
    server = start(root, *(part for name in names for part in ("--index", name)))
    assert server.get("/both/").body == expected
    only_home = server.get("/only-home/").status
    assert only_home == 200 if "home.htm" in names else only_home in (403, 404)


def test_an_index_that_appears(directory_server, root):
    assert directory_server.get("/empty/").status in (403, 404)
    late = write(root / "empty" / "index.html", b"late")
    try:
        wait_until(lambda: directory_server.get("/empty/").body == b"late", "the new index")
    finally:
        late.unlink()


def test_the_served_directory_may_be_a_link(root, start, directory):
    (directory / "link").symlink_to(root)
    server = start(directory / "link")
    assert server.get("/plain/").body == b"index of plain/index.html"
    assert server.get("/plain").status == 301
