"""Directories at paths of their own."""

import json

import pytest

from support.server import run
from support.tree import SECRET, write

CONFIGURATION = """
[[site]]
hosts = ["mounts.test"]
root = "root"
index = ["home.txt"]
hidden_files = true
clean_urls = true

  [[site.mount]]
  path = "/downloads"
  root = "downloads"
  listing = true

  [[site.mount]]
  path = "/downloads/deep/er"
  root = "deeper"
  index = ["start.txt"]

  [[site.mount]]
  path = "/downloads/deep/"
  root = "deep"
  etag = "none"
  hidden_files = true

  [[site.mount]]
  path = "/.well-known"
  root = "well-known"

  [[site.mount]]
  path = "/same"
  root = "root"

  [[site.mount]]
  path = "/with blank/\u00e4"
  root = "deep"

[[site]]
hosts = ["none.test"]
root = "root"
"""

FILES = {
    "root/home.txt": b"home", "root/index.html": b"index of the site", "root/.hidden": b"hidden",
    "root/about.html": b"about", "root/downloads/shadowed.txt": b"never",
    "root/downloadsx": b"file",
    "root/downloads.html": b"beside", "root/downloads-2/file.txt": b"second",
    "downloads/file.txt": b"download", "downloads/about.html": b"page", "downloads/.hidden": b"no",
    "downloads/deep/shadowed.txt": b"never", "downloads/sub/home.txt": b"sub",
    "downloads/sub/index.html": b"sub index",
    "deep/file.txt": b"deep", "deep/.hidden": b"yes", "deep/er/shadowed": b"never",
    "deeper/start.txt": b"start", "deeper/file.txt": b"deeper", "deeper/index.html": b"no index",
    "well-known/security.txt": b"security", "well-known/.hidden": b"no",
}


@pytest.fixture(scope="module")
def base(new_directory):
    base = new_directory()
    for name, content in FILES.items():
        write(base / name, content)
    write(base / "secret.txt", SECRET)
    for name in ("downloads", "deep", "root"):
        (base / name / "out").symlink_to("../secret.txt")
        (base / name / "out-directory").symlink_to("..")
    return base


@pytest.fixture(scope="module")
def server(base, start_configured_shared):
    return start_configured_shared(CONFIGURATION, base)


@pytest.fixture(scope="module")
def connection(server):
    with server.connect() as opened:
        yield opened


FOUND = {
    "/": b"home",
    "/index.html": b"index of the site",
    "/.hidden": b"hidden",
    "/about": b"about",
    "/downloadsx": b"file",
    "/downloads-2/file.txt": b"second",
    "/downloads/file.txt": b"download",
    "/downloads//file.txt": b"download",
    "/downloads/./file.txt": b"download",
    "/down%6Coads/file.txt": b"download",
    "/downloads/sub/": b"sub index",
    "/x/../downloads/file.txt": b"download",
    "/downloads/deep/file.txt": b"deep",
    "/downloads/deep/.hidden": b"yes",
    "/downloads/deep/er/": b"start",
    "/downloads/deep/er/file.txt": b"deeper",
    "/downloads/deep/er/../file.txt": b"deep",
    "/downloads/deep/../file.txt": b"download",
    "/downloads/../home.txt": b"home",
    "/.well-known/security.txt": b"security",
    "/same/home.txt": b"home",
    "/same/": b"index of the site",
    "/with%20blank/%C3%A4/file.txt": b"deep",
}


@pytest.mark.parametrize("target", FOUND)
def test_what_there_is(connection, target):
    for _ in range(2):
        response = connection.ask(target, host="mounts.test")
        assert (response.status, response.body) == (200, FOUND[target])


# Options of the site, and of other mounts, mean nothing in a mount.
@pytest.mark.parametrize("target, status", [
    ("/downloads/about", 404), ("/downloads/.hidden", 404), ("/downloads/shadowed.txt", 404),
    ("/downloads/deep/shadowed.txt", 404), ("/downloads/deep/er/shadowed", 404),
    ("/downloads/deep/", 403), ("/.well-known/.hidden", 404), ("/.well-known/", 403),
    ("/same/.hidden", 404), ("/same/about", 404), ("/Downloads/file.txt", 404),
    ("/downloads.txt", 404), ("/downloads/downloads/file.txt", 404), ("/downloads/deep/erx", 404),
    ("/with%20blank/file.txt", 404)])
def test_what_there_is_not(connection, target, status):
    assert connection.ask(target, host="mounts.test").status == status


def test_options_of_its_own(connection):
    assert connection.ask("/downloads/file.txt", host="mounts.test").field("etag")
    assert connection.ask("/downloads/deep/file.txt", host="mounts.test").field("etag") is None


@pytest.mark.parametrize("target, location", [
    ("/downloads", "/downloads/"), ("/downloads?a=b", "/downloads/?a=b"),
    ("//downloads", "/downloads/"), ("/downloads/sub", "/downloads/sub/"),
    ("/downloads/deep", "/downloads/deep/"), ("/downloads/deep/er", "/downloads/deep/er/"),
    ("/.well-known", "/.well-known/"), ("/with%20blank/%C3%A4", "/with%20blank/%C3%A4/"),
    ("/downloads-2", "/downloads-2/")])
def test_the_path_without_its_slash(connection, target, location):
    for method in ("GET", "HEAD"):
        response = connection.ask(target, method, host="mounts.test")
        assert (response.status, response.field("location")) == (301, location)


@pytest.mark.parametrize("prefix", ["/downloads", "/downloads/deep", "/downloads/deep/er", "/same",
                                    "/.well-known"])
@pytest.mark.parametrize("rest", [
    "/../secret.txt", "/../../secret.txt", "/../../../../secret.txt", "/%2e%2e/secret.txt",
    "/..%2fsecret.txt", "/%2e%2e%2f%2e%2e%2fsecret.txt", "/..%5csecret.txt", "/out",
    "/out-directory/secret.txt", "/out-directory/root/home.txt", "/sub/../../secret.txt",
    "//..//secret.txt", "/.%2e/secret.txt", "..%2fsecret.txt", "/..;/secret.txt",
    "/%252e%252e/secret.txt"])
def test_nothing_leads_out(connection, prefix, rest):
    response = connection.ask(prefix + rest, host="mounts.test")
    assert response.status in (400, 403, 404)
    assert SECRET not in response.body


def test_its_listing(connection):
    response = connection.ask("/downloads/", fields=[("Accept", "application/json")],
                              host="mounts.test")
    listed = json.loads(response.body)
    assert listed["path"] == "/downloads/"
    names = [entry["name"] for entry in listed["entries"]]
    assert names == ["deep", "sub", "about.html", "file.txt"]
    response = connection.ask("/downloads/", host="mounts.test")
    assert response.field("content-type").startswith("text/html")


def test_other_sites_have_none_of_it(connection):
    assert connection.ask("/downloads/file.txt", host="none.test").status == 404
    assert connection.ask("/downloads/shadowed.txt", host="none.test").body == b"never"


REFUSED = {
    "no path": "", "an empty path": 'path = ""', "the top": 'path = "/"', "slashes": 'path = "//"',
    "a relative path": 'path = "a"', "dots": 'path = "/a/../b"', "a dot": 'path = "/./a"',
    "two slashes": 'path = "/a//b"', "twice": 'path = "/taken"',
    "twice with a slash": 'path = "/taken/"', "NUL": 'path = "/a\\u0000b"',
    "a fallback elsewhere": 'path = "/a"\nfallback = "/index.html"',
    "a fallback of a neighbour": 'path = "/a"\nfallback = "/ab/index.html"',
    "an error page elsewhere": 'path = "/a"\nerror_pages = { 404 = "/404.html" }',
    "hosts": 'path = "/a"\nhosts = ["a"]',
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_mistakes_are_found_at_load(directory, mistake):
    (directory / "root").mkdir()
    file = directory / "sluice.toml"
    file.write_text('[[site]]\nroot = "root"\n[[site.mount]]\nroot = "root"\npath = "/taken"\n'
                    f'[[site.mount]]\nroot = "root"\n{REFUSED[mistake]}\n')
    result = run("check", file)
    assert (result.returncode, result.stdout) == (2, ""), result
    assert result.stderr.startswith(f"{file}:") and len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("root", ["", "nowhere", "file"])
def test_a_root_that_is_no_directory(directory, root):
    write(directory / "file", b"")
    (directory / "root").mkdir()
    file = directory / "sluice.toml"
    file.write_text('[[site]]\nroot = "root"\n'
                    f'[[site.mount]]\npath = "/a"\nroot = "{root}"\n')
    assert run("check", file).returncode == 2
