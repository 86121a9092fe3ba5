"""Files as error pages: the page changes, the status and what belongs to it do not."""

import os

import pytest

from support.client import build_request
from support.privileges import unprivileged_prefix
from support.server import run
from support.tree import noise, write
from support.waiting import wait_until

CONFIGURATION = """
[[site]]
hosts = ["pages.test"]
root = "root"

  [site.error_pages]
  401 = "/errors/401.txt"
  403 = "/errors/403.html"
  404 = "/errors/404.html"
  405 = "/errors/405.json"
  412 = "/errors/412.html"
  416 = "/errors/416.txt"
  500 = "/errors/500.html"

  [[site.auth]]
  path = "/private/**"
  realm = "R"
  htpasswd = "users"

  [[site.mount]]
  path = "/own"
  root = "own"
  error_pages = { 404 = "/own/missing.html" }

  [[site.mount]]
  path = "/plain"
  root = "own"

[[site]]
hosts = ["absent.test"]
root = "root"
error_pages = { 404 = "/errors/nowhere.html", 403 = "/errors", 405 = "/errors/fifo" }

[[site]]
hosts = ["large.test"]
root = "root"
error_pages = { 404 = "/errors/large.html", 403 = "/errors/empty.html" }

[[site]]
hosts = ["changing.test"]
root = "root"
error_pages = { 404 = "/errors/changing.html" }
"""

LARGE = noise(300_000)
PAGES = {"401.txt": b"who are you?\n", "403.html": b"<p>forbidden\n", "404.html": b"<p>missing\n",
         "405.json": b'{"error": "method"}\n', "412.html": b"<p>precondition\n",
         "416.txt": b"range\n", "500.html": b"<p>internal\n", "large.html": LARGE,
         "empty.html": b""}


@pytest.fixture(scope="module")
def base(new_directory):
    base = new_directory()
    root = base / "root"
    for name, content in PAGES.items():
        write(root / "errors" / name, content)
    os.mkfifo(root / "errors" / "fifo")
    write(root / "errors" / "404.html.gz", b"not this one")
    write(root / "file.txt", b"content\n")
    write(root / "private" / "file.txt", b"private\n")
    (root / "bare").mkdir()
    write(root / "unreadable.txt", b"unreadable\n").chmod(0)
    write(base / "own" / "missing.html", b"own\n")
    # The password is "x".
    write(base / "users", b"u:$2y$04$yFH8juIKfl1sWkMeA6XnxOqMdpBtsRqsbXUrRdX0lIXEgwshOCAZW\n")
    return base


@pytest.fixture(scope="module")
def server(base, start_configured_shared):
    (base / "sluice.toml").touch()
    return start_configured_shared(CONFIGURATION, base, prefix=unprivileged_prefix())


@pytest.fixture(scope="module")
def connection(server):
    with server.connect() as opened:
        yield opened


# Request → status, page, its type, fields that belong to the status.
CASES = {
    "missing": (("/missing",), 404, "404.html", "text/html", {}),
    "hidden": (("/.hidden",), 404, "404.html", "text/html", {}),
    "directory": (("/bare/",), 403, "403.html", "text/html", {}),
    "unreadable": (("/unreadable.txt",), 403, "403.html", "text/html", {}),
    "method": (("/file.txt", "DELETE"), 405, "405.json", "application/json",
               {"allow": "GET, HEAD, OPTIONS"}),
    "precondition": (("/file.txt", "GET", [("If-Match", '"other"')]), 412, "412.html", "text/html",
                     {}),
    "range": (("/file.txt", "GET", [("Range", "bytes=100-")]), 416, "416.txt", "text/plain",
              {"content-range": "bytes */8"}),
    "password": (("/private/file.txt",), 401, "401.txt", "text/plain",
                 {"www-authenticate": 'Basic realm="R", charset="UTF-8"'}),
    "password for what is missing": (("/private/none",), 401, "401.txt", "text/plain", {}),
    "range of the page": (("/missing", "GET", [("Range", "bytes=0-1")]), 404, "404.html",
                          "text/html", {}),
    "coding of the page": (("/missing", "GET", [("Accept-Encoding", "gzip, identity;q=0")]), 404,
                           "404.html", "text/html", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_page_of_a_status(connection, case):
    request, status, page, media_type, fields = CASES[case]
    for _ in range(2):
        response = connection.ask(*request, host="pages.test")
        assert (response.status, response.body) == (status, PAGES[page])
        assert response.field("content-type").partition(";")[0] == media_type
        assert response.field("content-encoding") is None
        # They would be those of the page, and the URL is another's.
        assert (response.field("etag"), response.field("last-modified")) == (None, None)
        for name, value in fields.items():
            assert response.field(name) == value


@pytest.mark.parametrize("case", [case for case in CASES if case not in ("method", "range")])
def test_head_has_the_length_of_the_page(connection, case):
    (target, *rest), status, page, media_type, _ = CASES[case]
    response = connection.ask(target, "HEAD", *rest[1:], host="pages.test")
    assert (response.status, response.body) == (status, b"")
    assert response.content_length == len(PAGES[page])
    assert response.field("content-type").partition(";")[0] == media_type


@pytest.mark.parametrize("tag", ["*", '"x"'])
def test_the_page_is_not_subject_to_preconditions(connection, tag):
    for name in ("If-Match", "If-None-Match"):
        response = connection.ask("/missing", fields=[(name, tag)], host="pages.test")
        assert (response.status, response.body) == (404, PAGES["404.html"])


def test_the_page_itself_is_a_file_as_others(connection):
    response = connection.ask("/errors/404.html", host="pages.test")
    assert (response.status, response.body) == (200, PAGES["404.html"])
    assert response.field("etag")


@pytest.mark.parametrize("target, method, status", [
    ("/missing", "GET", 404), ("/bare/", "GET", 403), ("/file.txt", "PUT", 405)])
def test_a_page_that_is_not_there(connection, target, method, status):
    response = connection.ask(target, method, host="absent.test")
    assert response.status == status
    assert str(status).encode() in response.body
    assert response.field("content-type").startswith("text/html")


def test_mounts_have_their_own(connection):
    for target, body in {"/own/x": b"own\n", "/own/a/b": b"own\n"}.items():
        response = connection.ask(target, host="pages.test")
        assert (response.status, response.body) == (404, body)
    response = connection.ask("/plain/x", host="pages.test")
    assert response.status == 404 and b"404" in response.body


def test_a_large_page_and_an_empty_one(connection):
    response = connection.ask("/missing", host="large.test")
    assert (response.status, response.body) == (404, LARGE)
    response = connection.ask("/bare/", host="large.test")
    assert (response.status, response.body) == (403, b"")


def test_pages_in_a_row(connection):
    """Each ends where the next response begins."""
    targets = ["/missing", "/file.txt", "/bare/", "/missing", "/private/", "/file.txt"] * 5
    connection.send(b"".join(build_request(target, host="pages.test") for target in targets))
    for target in targets:
        response = connection.read_response()
        assert (response.status == 200) == (target == "/file.txt")


def test_a_page_that_changes(base, connection):
    path = base / "root" / "errors" / "changing.html"

    def ask():
        return connection.ask("/missing", host="changing.test")

    assert b"404" in ask().body
    write(path, b"first\n")
    assert ask().body == b"first\n"
    write(path.with_suffix(".new"), b"second page\n").rename(path)
    wait_until(lambda: ask().body == b"second page\n", "the new page")
    path.unlink()
    wait_until(lambda: b"404" in ask().body, "the built-in page")
    assert ask().status == 404


@pytest.mark.parametrize("table", ['{ 200 = "/x" }', '{ 399 = "/x" }', '{ 600 = "/x" }',
                                   '{ "abc" = "/x" }', '{ 404 = "x" }', '{ 404 = "" }',
                                   '{ 404 = "/" }', '{ 404 = "/x/" }', '{ 404 = 1 }',
                                   '{ "4 04" = "/x" }', '{ "-404" = "/x" }'])
def test_mistakes_are_found_at_load(directory, table):
    (directory / "root").mkdir()
    file = directory / "sluice.toml"
    file.write_text(f'[[site]]\nroot = "root"\nerror_pages = {table}\n')
    result = run("check", file)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{file}:3:")


@pytest.mark.parametrize("path", ["/" + "a/" * 2048 + "b", "/a//b", "/a/../b", "/./b", "/b/"],
                         ids=["too long", "empty segment", "dots", "a dot", "a directory"])
def test_a_page_that_no_request_could_find(directory, path):
    """Its path has to be as paths are after dots are resolved, and no longer than they can be."""
    (directory / "root").mkdir()
    config = directory / "sluice.toml"
    config.write_text(f"""
        [[site]]
        root = "root"
        error_pages = {{ 404 = "{path}" }}
        """)
    result = run("check", str(config))
    assert result.returncode == 2
    assert result.stderr.startswith(f"{config}:4:") and "is not allowed" in result.stderr
