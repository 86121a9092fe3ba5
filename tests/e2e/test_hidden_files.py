"""Names that begin with a dot: there for nobody, or files as others."""

import json
import re

import pytest

from support.tree import write

CONFIGURATION = """
[[site]]
hosts = ["hidden.test"]
root = "root"
listing = true
clean_urls = true

  [[site.mount]]
  path = "/shown"
  root = "root"
  listing = true
  hidden_files = true

  [[site.mount]]
  path = "/.dotted"
  root = "root"
  listing = true

[[site]]
hosts = ["shown.test"]
root = "root"
listing = true
clean_urls = true
hidden_files = true

  [[site.mount]]
  path = "/closed"
  root = "root"
  listing = true
"""

FILES = {".file": b"file", ".git/config": b"config", ".git/.deep": b"deep", "open/.env": b"env",
         "open/file": b"open", "...": b"dots", "..a": b"a", ".page.html": b"page",
         ".index/index.html": b"index", "a.b": b"a.b", "open/.deep/file": b"deep file"}
HIDDEN = {
    "/.file": b"file", "/%2efile": b"file", "/%2Efile": b"file", "/.git/config": b"config",
    "/.git/.deep": b"deep", "/open/.env": b"env", "/open//.env": b"env", "/open/./.env": b"env",
    "/x/../.file": b"file", "/...": b"dots", "/..a": b"a", "/.page.html": b"page",
    "/.page": b"page", "/.index/": b"index", "/open/.deep/file": b"deep file",
}


@pytest.fixture(scope="module")
def connection(new_directory, start_configured_shared):
    base = new_directory()
    for name, content in FILES.items():
        write(base / "root" / name, content)
    (base / "root" / ".link").symlink_to("a.b")
    (base / "root" / "to-hidden").symlink_to(".file")
    with start_configured_shared(CONFIGURATION, base).connect() as opened:
        yield opened


def without_date(response):
    return [field for field in response.fields if field[0] != "date"], response.body


@pytest.mark.parametrize("target", HIDDEN)
def test_hidden_is_as_missing(connection, target):
    """The answer does not tell one from the other."""
    missing = connection.ask("/missing", host="hidden.test")
    assert missing.status == 404
    for method in ("GET", "HEAD", "GET"):
        response = connection.ask(target, method, host="hidden.test")
        assert response.status == 404
        if method == "GET":
            assert without_date(response) == without_date(missing)


@pytest.mark.parametrize("target", ["/.git", "/.git/", "/.index", "/open/.deep", "/open/.deep/",
                                    "/.git/nowhere", "/.nowhere", "/.git/config/x", "/.link"])
def test_hidden_directories_do_not_redirect_or_list(connection, target):
    response = connection.ask(target, host="hidden.test")
    assert (response.status, response.field("location")) == (404, None)


@pytest.mark.parametrize("target", HIDDEN)
def test_shown(connection, target):
    response = connection.ask(target, host="shown.test")
    assert (response.status, response.body) == (200, HIDDEN[target])


def test_shown_directories_redirect(connection):
    response = connection.ask("/.git", host="shown.test")
    assert (response.status, response.field("location")) == (301, "/.git/")
    assert connection.ask("/.link", host="shown.test").body == b"a.b"


@pytest.mark.parametrize("host", ["hidden.test", "shown.test"])
def test_dots_elsewhere_hide_nothing(connection, host):
    for target, body in {"/a.b": b"a.b", "/open/file": b"open", "/./a.b": b"a.b",
                         "/to-hidden": b"file", "/open/../a.b": b"a.b"}.items():
        assert connection.ask(target, host=host).body == body


def test_mounts_say_it_for_themselves(connection):
    for target, host, status in [("/shown/.file", "hidden.test", 200),
                                 ("/shown/.git/.deep", "hidden.test", 200),
                                 ("/closed/.file", "shown.test", 404),
                                 ("/closed/a.b", "shown.test", 200),
                                 # The path of a mount is not hidden: the configuration names it.
                                 ("/.dotted/a.b", "hidden.test", 200),
                                 ("/.dotted/.file", "hidden.test", 404),
                                 ("/.dotted", "hidden.test", 301)]:
        assert connection.ask(target, host=host).status == status


@pytest.mark.parametrize("target, host, shown", [
    ("/", "hidden.test", False), ("/open/", "hidden.test", False), ("/", "shown.test", True),
    ("/open/", "shown.test", True), ("/shown/", "hidden.test", True),
    ("/closed/", "shown.test", False), ("/.dotted/", "hidden.test", False),
    ("/.git/", "shown.test", True)])
def test_listings_agree(connection, target, host, shown):
    listed = connection.ask(target, fields=[("Accept", "application/json")], host=host)
    names = {entry["name"] for entry in json.loads(listed.body)["entries"]}
    page = connection.ask(target, host=host).body.decode()
    if shown:
        directory = target.strip("/").removeprefix("shown").strip("/")
        prefix = directory + "/" if directory else ""
        assert {path.removeprefix(prefix).partition("/")[0] for path in FILES
                if path.startswith(prefix)} <= names
        assert re.search(r'href="\.', page)
    else:
        assert names and not [name for name in names if name.startswith(".")]
        assert not re.search(r'href="\.[^./]', page)
