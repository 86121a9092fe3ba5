"""Single-page applications: what navigations get where nothing is found."""

import os

import pytest

from support.tree import write

PAGE, MOUNTED_PAGE = b"<!doctype html><title>application</title>\n", b"<!doctype html>mounted\n"

CONFIGURATION = """
[[site]]
hosts = ["app.test"]
root = "root"
fallback = "/index.html"
fallback_exclude = ["/assets/**", "/api/**", "*.json"]

  [[site.mount]]
  path = "/admin"
  root = "admin"
  fallback = "/admin/shell.html"
  fallback_exclude = ["/admin/api/**"]

  [[site.mount]]
  path = "/files"
  root = "files"

[[site]]
hosts = ["usual.test"]
root = "root"
fallback = "/index.html"

[[site]]
hosts = ["deep.test"]
root = "root"
fallback = "/pages/deep.html"
fallback_exclude = []
clean_urls = true

[[site]]
hosts = ["absent.test"]
root = "root"
fallback = "/nowhere.html"
error_pages = { 404 = "/assets/404.html" }

[[site]]
hosts = ["none.test"]
root = "root"
"""

BROWSER = [("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")]


@pytest.fixture(scope="module")
def base(new_directory):
    base = new_directory()
    root = base / "root"
    write(root / "index.html", PAGE)
    write(root / "pages" / "deep.html", b"deep\n")
    write(root / "pages" / "index.html", b"pages\n")
    write(root / "assets" / "app.js", b"script\n")
    write(root / "assets" / "404.html", b"absent\n")
    write(root / "about.html", b"about\n")
    write(root / ".hidden", b"hidden\n")
    (root / "bare").mkdir()
    os.mkfifo(root / "fifo")
    write(base / "admin" / "shell.html", MOUNTED_PAGE)
    write(base / "admin" / "real.txt", b"real\n")
    write(base / "files" / "file.txt", b"file\n")
    os.utime(root / "index.html", (1_700_000_000, 1_700_000_000))
    return base


@pytest.fixture(scope="module")
def connection(base, start_configured_shared):
    with start_configured_shared(CONFIGURATION, base).connect() as opened:
        yield opened


# Field values of requests → whether they are navigations.
NAVIGATIONS = {
    "a browser": (BROWSER, True),
    "text/html": ([("Accept", "text/html")], True),
    "TEXT/HTML": ([("Accept", "TEXT/HTML")], True),
    "xhtml": ([("Accept", "application/xhtml+xml")], True),
    "html last": ([("Accept", "image/png, text/html;q=0.1")], True),
    "html with a parameter": ([("Accept", "text/html;level=1")], True),
    "Sec-Fetch-Mode alone": ([("Sec-Fetch-Mode", "navigate")], True),
    "Sec-Fetch-Mode before Accept": ([("Sec-Fetch-Mode", "navigate"), ("Accept", "*/*")], True),
    "no field": ([], False),
    "anything": ([("Accept", "*/*")], False),
    "any text": ([("Accept", "text/*")], False),
    "json": ([("Accept", "application/json, text/plain, */*")], False),
    "image": ([("Accept", "image/avif,image/webp,*/*;q=0.8")], False),
    "html refused": ([("Accept", "text/html;q=0, */*")], False),
    "html refused in three digits": ([("Accept", "text/html;q=0.000")], False),
    "empty": ([("Accept", "")], False),
    "text/htmlx": ([("Accept", "text/htmlx")], False),
    "a script of a page": ([("Sec-Fetch-Mode", "cors"), *BROWSER], False),
    "an image of a page": ([("Sec-Fetch-Mode", "no-cors"), *BROWSER], False),
    "same-origin": ([("Sec-Fetch-Mode", "same-origin"), *BROWSER], False),
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("kind", NAVIGATIONS)
def test_only_navigations(connection, kind, method):
    fields, navigation = NAVIGATIONS[kind]
    response = connection.ask("/some/route", method, fields=fields, host="app.test")
    assert response.status == (200 if navigation else 404)
    if navigation:
        assert response.content_length == len(PAGE)
        assert response.field("content-type").startswith("text/html")
        assert response.body == (PAGE if method == "GET" else b"")


@pytest.mark.parametrize("target", ["/route", "/route/", "/a/b/c/d", "/route?query=1", "/%C3%A4",
                                    "/index.html/x", "/.hidden", "/bare/x", "/fifo",
                                    "/assets", "/assetsx/y", "/apis/x", "/pages/nowhere"])
def test_missing_paths_get_the_page(connection, target):
    response = connection.ask(target, fields=BROWSER, host="app.test")
    expected = (301, None) if target == "/assets" else (200, PAGE)
    assert (response.status, response.body if expected[1] else None) == expected


@pytest.mark.parametrize("target", ["/assets/app.4f.js", "/assets/x/y.css", "/api/users",
                                    "/api/", "/data.json", "/a/b/data.json", "/assets/../api/x",
                                    "/%61pi/users", "/files/missing", "/files/a/b"])
def test_excluded_paths_stay_missing(connection, target):
    assert connection.ask(target, fields=BROWSER, host="app.test").status == 404


@pytest.mark.parametrize("target, content", [
    ("/assets/app.js", b"script\n"), ("/pages/", b"pages\n"), ("/about.html", b"about\n"),
    ("/", PAGE), ("/files/file.txt", b"file\n"), ("/admin/real.txt", b"real\n")])
def test_what_is_there_is_served(connection, target, content):
    response = connection.ask(target, fields=BROWSER, host="app.test")
    assert (response.status, response.body) == (200, content)


def test_what_is_there_and_may_not_be_seen_is_no_route(connection):
    """A directory without an index is no missing path."""
    assert connection.ask("/bare/", fields=BROWSER, host="app.test").status == 403
    assert connection.ask("/bare", fields=BROWSER, host="app.test").status == 301


def test_assets_are_excluded_by_default(connection):
    for target, status in {"/assets/x.js": 404, "/assets/": 403, "/api/x": 200}.items():
        assert connection.ask(target, fields=BROWSER, host="usual.test").status == status


def test_no_exclusion_at_all(connection):
    response = connection.ask("/assets/x.js", fields=BROWSER, host="deep.test")
    assert (response.status, response.body) == (200, b"deep\n")
    assert connection.ask("/about", fields=BROWSER, host="deep.test").body == b"about\n"


def test_a_mount_has_its_own(connection):
    for target in ("/admin/users/1", "/admin/x", "/admin/assets/x.js"):
        response = connection.ask(target, fields=BROWSER, host="app.test")
        assert (response.status, response.body) == (200, MOUNTED_PAGE)
    assert connection.ask("/admin/api/x", fields=BROWSER, host="app.test").status == 404
    assert connection.ask("/adminx", fields=BROWSER, host="app.test").body == PAGE
    assert connection.ask("/admin/api/../x", fields=BROWSER, host="app.test").body == MOUNTED_PAGE


def test_a_fallback_that_is_not_there(connection):
    response = connection.ask("/x", fields=BROWSER, host="absent.test")
    assert (response.status, response.body) == (404, b"absent\n")


def test_without_a_fallback(connection):
    assert connection.ask("/x", fields=BROWSER, host="none.test").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_are_refused(connection, method):
    assert connection.ask("/route", method, fields=BROWSER, host="app.test").status == 405


def test_the_page_has_its_own_validators(connection):
    page = connection.ask("/index.html", host="app.test")
    route = connection.ask("/some/route", fields=BROWSER, host="app.test")
    for name in ("etag", "last-modified", "content-type", "content-length", "accept-ranges"):
        assert route.field(name) == page.field(name) is not None
    for fields in ([("If-None-Match", page.field("etag"))],
                   [("If-Modified-Since", page.field("last-modified"))]):
        response = connection.ask("/other/route", fields=[*BROWSER, *fields], host="app.test")
        assert response.status == 304
        assert response.field("etag") == page.field("etag")
    response = connection.ask("/r", fields=[*BROWSER, ("Range", "bytes=0-3")], host="app.test")
    assert (response.status, response.body) == (206, PAGE[:4])
    response = connection.ask("/r", fields=[*BROWSER, ("If-Match", '"no"')], host="app.test")
    assert response.status == 412


def test_a_file_that_appears_is_no_route_any_more(base, connection):
    target = "/becoming.html"
    assert connection.ask(target, fields=BROWSER, host="app.test").body == PAGE
    write(base / "root" / "becoming.html", b"here\n")
    assert connection.ask(target, fields=BROWSER, host="app.test").body == b"here\n"
