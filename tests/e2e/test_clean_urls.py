"""URLs without ".html", names of index files, and the redirect to a directory's own URL."""

import pytest

from support.server import run
from support.tree import write

CONFIGURATION = """
[[site]]
hosts = ["clean.test"]
root = "root"
clean_urls = true
index = ["index.html", "index.htm", "README"]

[[site]]
hosts = ["plain.test"]
root = "root"

[[site]]
hosts = ["reversed.test"]
root = "root"
index = ["README", "index.htm", "index.html"]

[[site]]
hosts = ["no-index.test"]
root = "root"
index = []

[[site]]
hosts = ["hidden-index.test"]
root = "root"
index = [".hidden.html"]
clean_urls = true
"""

FILES = {
    "about.html": b"about", "both": b"without", "both.html": b"with", "beside/index.html": b"index",
    "beside.html": b"beside", "other.htm": b"other", "page.html.html": b"twice",
    "deep/er/page.html": b"deep", "a b.html": b"blank", "umlaut-\u00e4.html": b"umlaut",
    "dir.html/index.html": b"a directory", ".hidden.html": b"hidden", "caf%C3.html": b"percent",
    "all/index.html": b"html", "all/index.htm": b"htm", "all/README": b"readme",
    "two/index.htm": b"htm", "two/README": b"readme", "one/README": b"readme",
    "taken/index.html/x": b"x", "taken/README": b"readme", "none/file": b"file",
    "index.html": b"top",
}


@pytest.fixture(scope="module")
def connection(new_directory, start_configured_shared):
    base = new_directory()
    for name, content in FILES.items():
        write(base / "root" / name, content)
    (base / "root" / "link").symlink_to("about.html")
    (base / "root" / "linked.html").symlink_to("about.html")
    with start_configured_shared(CONFIGURATION, base).connect() as opened:
        yield opened


CLEAN = {
    "/about": b"about", "/about.html": b"about", "/about?a=b": b"about", "/both": b"without",
    "/both.html": b"with", "/beside/": b"index", "/beside.html": b"beside", "/page.html": b"twice",
    "/page.html.html": b"twice", "/deep/er/page": b"deep", "/deep//er/./page": b"deep",
    "/a%20b": b"blank", "/umlaut-%C3%A4": b"umlaut", "/link": b"about", "/linked": b"about",
    "/caf%25C3": b"percent", "/index": b"top", "/%61bout": b"about", "/dir.html/": b"a directory",
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", CLEAN)
def test_pages_without_their_suffix(connection, target, method):
    for _ in range(2):
        response = connection.ask(target, method, host="clean.test")
        assert (response.status, response.content_length) == (200, len(CLEAN[target]))
        assert response.body == (CLEAN[target] if method == "GET" else b"")


@pytest.mark.parametrize("target", [
    "/about/", "/About", "/abou", "/about.", "/about.htm", "/other", "/dir", "/.hidden", "/page",
    "/deep/page", "/about/x", "/about%00", "/about%2f", "/a+b", "/.html", "/%2ehidden"])
def test_what_there_is_not(connection, target):
    status = 400 if "%00" in target else 404
    assert connection.ask(target, host="clean.test").status == status


def test_a_page_comes_before_the_directory_of_its_name(connection):
    """Which often has the pages below it, and can be asked for with its slash."""
    page = connection.ask("/beside.html", host="clean.test")
    response = connection.ask("/beside", host="clean.test")
    assert (response.status, response.body) == (200, page.body)


def test_the_page_has_one_type_and_one_tag(connection):
    for name in ("etag", "content-type", "last-modified"):
        assert connection.ask("/about", host="clean.test").field(name) \
            == connection.ask("/about.html", host="clean.test").field(name)
    tag = connection.ask("/about.html", host="clean.test").field("etag")
    response = connection.ask("/about", fields=[("If-None-Match", tag)], host="clean.test")
    assert response.status == 304


@pytest.mark.parametrize("target", ["/about", "/deep/er/page", "/index", "/page.html"])
def test_off_by_default(connection, target):
    assert connection.ask(target, host="plain.test").status == 404


# Directory → what each site finds there: by its own order.
INDEXES = {
    "/all/": {"clean": b"html", "plain": b"html", "reversed": b"readme", "no-index": None},
    "/two/": {"clean": b"htm", "plain": None, "reversed": b"readme", "no-index": None},
    "/one/": {"clean": b"readme", "plain": None, "reversed": b"readme", "no-index": None},
    "/taken/": {"clean": b"readme", "plain": None, "reversed": b"readme", "no-index": None},
    "/none/": {"clean": None, "plain": None, "reversed": None, "no-index": None},
    "/": {"clean": b"top", "plain": b"top", "reversed": b"top", "no-index": None},
}


@pytest.mark.parametrize("site", ["clean", "plain", "reversed", "no-index"])
@pytest.mark.parametrize("target", INDEXES)
def test_index_names_in_their_order(connection, target, site):
    expected = INDEXES[target][site]
    for _ in range(2):
        response = connection.ask(target, host=f"{site}.test")
        assert response.status == (200 if expected else 403)
        assert response.body == expected or not expected


def test_an_index_that_is_hidden_otherwise(connection):
    """The configuration names it, so it stands for its directory; by its own name it is hidden."""
    response = connection.ask("/", host="hidden-index.test")
    assert (response.status, response.body) == (200, b"hidden")
    assert connection.ask("/.hidden.html", host="hidden-index.test").status == 404
    assert connection.ask("/.hidden", host="hidden-index.test").status == 404


# Target → Location.
REDIRECTS = {
    "/all": "/all/", "/all?a=b&c": "/all/?a=b&c", "/all?": "/all/?", "/deep/er": "/deep/er/",
    "//all": "/all/", "/./all": "/all/", "/deep/../all": "/all/", "/%61ll": "/all/",
    "/dir.html": "/dir.html/", "/none": "/none/",
    "//deep//er?//evil.example/%2f..": "/deep/er/?//evil.example/%2f..",
}


@pytest.mark.parametrize("site", ["clean", "plain", "no-index"])
@pytest.mark.parametrize("target", REDIRECTS)
def test_the_redirect_to_a_directory(connection, target, site):
    for method in ("GET", "HEAD"):
        response = connection.ask(target, method, host=f"{site}.test")
        assert (response.status, response.field("location")) == (301, REDIRECTS[target])


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/index.html", "a\\u0000b"])
def test_mistakes_are_found_at_load(directory, name):
    (directory / "root").mkdir()
    file = directory / "sluice.toml"
    file.write_text(f'[[site]]\nroot = "root"\nindex = ["index.html", "{name}"]\n')
    result = run("check", file)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{file}:3:")
