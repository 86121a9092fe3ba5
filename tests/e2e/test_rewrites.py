"""Rewrites: other paths than the client knows, and nothing that it could not have asked for."""

import os

import pytest

from support.server import run
from support.tree import SECRET, write

CONFIGURATION = """
[[site]]
hosts = ["rewrites.test"]
root = "root"
index = ["index.html"]
clean_urls = true
error_pages = { 404 = "/404.html" }

  [[site.rewrite]]
  from = "/favicon.ico"
  to = "/icons/favicon.png"

  [[site.rewrite]]
  prefix = "/v1/assets"
  to = "/assets"

  [[site.rewrite]]
  from = "/year/*/*"
  to = "/pages/$2-$1.txt"

  [[site.rewrite]]
  from = "/dollar/*"
  to = "/$$$1"

  [[site.rewrite]]
  from = "/first/special"
  to = "/file.txt"

  [[site.rewrite]]
  from = "/first/*"
  to = "/assets/$1"

  # A chain.
  [[site.rewrite]]
  from = "/chain/*"
  to = "/chain-2/$1"
  [[site.rewrite]]
  from = "/chain-2/*"
  to = "/chain-3/$1"
  [[site.rewrite]]
  prefix = "/chain-3"
  to = "/assets"

  [[site.rewrite]]
  prefix = "/mounting"
  to = "/mounted"

  [[site.rewrite]]
  prefix = "/anywhere"
  to = "/"

  [[site.rewrite]]
  from = "/any/**"
  to = "/$1"

  [[site.rewrite]]
  from = "/name/*"
  to = "/dots/$1"

  [[site.rewrite]]
  from = "/pieces/*/*"
  to = "/$1$2"

  [[site.rewrite]]
  from = "/missing-target"
  to = "/nowhere.txt"

  [[site.rewrite]]
  from = "/to-hidden"
  to = "/.hidden"

  [[site.rewrite]]
  from = "/to-directory"
  to = "/assets"

  [[site.rewrite]]
  from = "/to-index"
  to = "/assets/"

  [[site.rewrite]]
  from = "/to-clean"
  to = "/about"

  [[site.rewrite]]
  from = "/shadowed.txt"
  to = "/file.txt"

  [[site.rewrite]]
  from = "/to-redirect"
  to = "/redirected"

  [[site.redirect]]
  from = "/redirected"
  to = "/elsewhere"

  [[site.mount]]
  path = "/mounted"
  root = "mount"
  hidden_files = true

[[site]]
hosts = ["fallback.test"]
root = "root"
fallback = "/index.html"

  [[site.rewrite]]
  from = "/app/**"
  to = "/nowhere/$1"

[[site]]
hosts = ["none.test"]
root = "root"
"""

FILES = {"icons/favicon.png": b"icon", "assets/a.css": b"css", "assets/deep/b.css": b"deep",
         "assets/index.html": b"assets", "pages/title-2024.txt": b"page", "$x": b"dollar",
         "file.txt": b"file", "index.html": b"index", ".hidden": b"hidden", "redirected": b"never",
         "about.html": b"about", "shadowed.txt": b"shadowed", ".dir/file": b"hidden",
         "dots/a b": b"blank", "dots/\u00e4": b"umlaut", "dots/%41": b"percent",
         "dots/a?b": b"question", "dots/a\\b": b"backslash", "elsewhere": b"elsewhere",
         "404.html": b"missing", "ab.txt": b"pieces"}


@pytest.fixture(scope="module")
def base(new_directory):
    base = new_directory()
    for name, content in FILES.items():
        write(base / "root" / name, content)
    write(base / "mount" / "file.txt", b"mounted")
    write(base / "mount" / ".hidden", b"hidden of the mount")
    write(base / "secret.txt", SECRET)
    os.utime(base / "root" / "file.txt", (1_700_000_000, 1_700_000_000))
    return base


@pytest.fixture(scope="module")
def connection(base, start_configured_shared):
    with start_configured_shared(CONFIGURATION, base).connect() as opened:
        yield opened


# Target → content.
FOUND = {
    "/favicon.ico": b"icon",
    "/favicon.ico?v=2": b"icon",
    "/v1/assets/a.css": b"css",
    "/v1/assets/deep/b.css": b"deep",
    "/v1/assets/": b"assets",
    "/v1/../v1/assets/a.css": b"css",
    "/v1//assets//a.css": b"css",
    "/%761/assets/a.css": b"css",
    "/year/2024/title": b"page",
    "/dollar/x": b"dollar",
    "/first/special": b"file",
    "/first/a.css": b"css",
    "/chain/a.css": b"css",
    "/chain-3/deep/b.css": b"deep",
    "/mounting/file.txt": b"mounted",
    "/mounting/.hidden": b"hidden of the mount",
    "/anywhere/file.txt": b"file",
    "/anywhere/": b"index",
    "/anywhere": b"index",
    "/anywhere/assets/a.css": b"css",
    "/anywhere/anywhere/file.txt": b"file",
    "/any/assets/": b"assets",
    "/any/any/any/file.txt": b"file",
    "/any/v1/assets/a.css": b"css",
    "/name/a%20b": b"blank",
    "/name/%C3%A4": b"umlaut",
    "/name/%2541": b"percent",
    "/name/a%3Fb": b"question",
    "/name/a%5Cb": b"backslash",
    "/pieces/ab/.txt": b"pieces",
    "/to-index": b"assets",
    "/to-clean": b"about",
    "/shadowed.txt": b"file",
    "/to-redirect": b"never",
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", FOUND)
def test_what_there_is(connection, target, method):
    response = connection.ask(target, method, host="rewrites.test")
    assert (response.status, response.content_length) == (200, len(FOUND[target]))
    assert response.body == (FOUND[target] if method == "GET" else b"")
    assert response.field("location") is None and response.field("content-location") is None


@pytest.mark.parametrize("target", [
    "/missing-target", "/v1/assets/nowhere", "/v1/assetsx/a.css", "/v1", "/year/2024", "/chain",
    "/dollar/y", "/Favicon.ico", "/favicon.ico/", "/v2/assets/a.css",
    "/first/deep/b.css"])
def test_what_there_is_not(connection, target):
    response = connection.ask(target, host="rewrites.test")
    assert (response.status, response.body) == (404, b"missing")


def test_a_mount_that_is_rewritten_to_has_its_own_error_pages(connection):
    response = connection.ask("/mounting/nowhere", host="rewrites.test")
    assert response.status == 404 and b"404" in response.body


@pytest.mark.parametrize("target", [
    "/to-hidden", "/anywhere/.hidden", "/any/.hidden", "/any/.dir/file", "/pieces/.hid/den",
    "/anywhere/%2ehidden", "/pieces/./hidden", "/any/any/.hidden", "/pieces/.dir/file",
    "/pieces/./%2ehidden"])
def test_hidden_names_stay_hidden(connection, target):
    response = connection.ask(target, host="rewrites.test")
    assert (response.status, response.body) == (404, b"missing")


@pytest.mark.parametrize("target", [
    "/anywhere/../secret.txt", "/any/../secret.txt", "/any/%2e%2e/secret.txt",
    "/any/..%2fsecret.txt", "/any/%2e%2e%2fsecret.txt", "/pieces/./.%2fsecret.txt",
    "/pieces/%2e/%2e%2fsecret.txt", "/pieces/%2e/./secret.txt", "/mounting/../secret.txt",
    "/mounting/../../secret.txt", "/mounting/%2e%2e%2fsecret.txt", "/any//../../secret.txt",
    "/name/..%2f..%2fsecret.txt", "/any/%2f%2e%2e%2f%2e%2e%2fsecret.txt",
    "/any/....//secret.txt", "/any/%252e%252e/secret.txt", "/any/..%5csecret.txt",
    "/anywhere//..//..//secret.txt", "/dollar/%2e%2e%2fsecret.txt"])
def test_nothing_leads_out(connection, target):
    response = connection.ask(target, host="rewrites.test")
    assert response.status in (400, 404)
    assert SECRET not in response.body


def test_dots_that_captures_make(connection):
    for target in ("/pieces/a/.", "/pieces/.a/b", "/pieces/%2e%2e/x", "/pieces/x/%2e%2e"):
        assert connection.ask(target, host="rewrites.test").status in (400, 403, 404)


def test_a_directory_without_its_slash(connection):
    """The client learns the directory's own URL, below which the references of its page hold."""
    response = connection.ask("/to-directory?a=b", host="rewrites.test")
    assert (response.status, response.field("location")) == (301, "/assets/?a=b")


def test_the_file_has_its_own_validators_and_type(connection):
    direct = connection.ask("/file.txt", host="none.test")
    rewritten = connection.ask("/first/special", host="rewrites.test")
    for name in ("etag", "last-modified", "content-type", "content-length"):
        assert rewritten.field(name) == direct.field(name) is not None
    response = connection.ask("/first/special", fields=[("If-None-Match", direct.field("etag"))],
                              host="rewrites.test")
    assert response.status == 304
    response = connection.ask("/first/special", fields=[("Range", "bytes=1-2")],
                              host="rewrites.test")
    assert (response.status, response.body) == (206, b"il")


def test_other_sites_have_none_of_it(connection):
    assert connection.ask("/favicon.ico", host="none.test").status == 404
    assert connection.ask("/shadowed.txt", host="none.test").body == b"shadowed"


def test_a_navigation_that_is_rewritten_to_nothing(connection):
    response = connection.ask("/app/x", fields=[("Accept", "text/html")], host="fallback.test")
    assert (response.status, response.body) == (200, b"index")
    assert connection.ask("/app/x", host="fallback.test").status == 404


def test_a_path_that_becomes_too_long(connection):
    for count in (3000, 4080, 4090, 4096, 5000, 7000):
        response = connection.ask("/pieces/x/" + "a" * count, host="rewrites.test")
        assert response.status in (404, 414)


def site(rules):
    text = '[[site]]\nroot = "root"\n'
    return text + "".join(f"[[site.rewrite]]\n{rule}\n" for rule in rules)


LOOPS = {
    "itself": (['from = "/a"\nto = "/a"'], "/a → /a"),
    "two": (['from = "/a"\nto = "/b"', 'from = "/b"\nto = "/a"'], "/a → /b → /a"),
    "by captures": (['from = "/a/*"\nto = "/b/$1"', 'prefix = "/b"\nto = "/a"'], " → "),
    "growing": (['prefix = "/a"\nto = "/a/a"'], " → "),
    "everything": (['from = "/**"\nto = "/index.html"'], "/index.html"),
    "eleven steps": ([f'from = "/{n}"\nto = "/{n + 1}"' for n in range(11)], "/0 → /1"),
}


@pytest.mark.parametrize("loop", LOOPS)
def test_loops_are_found_at_load(directory, loop):
    (directory / "root").mkdir()
    rules, way = LOOPS[loop]
    file = directory / "sluice.toml"
    file.write_text(site(rules))
    for command in (["check"], ["serve", "--config"]):
        result = run(*command, file)
        assert (result.returncode, result.stdout) == (2, ""), result
        assert result.stderr.startswith(f"{file}:") and way in result.stderr


def test_the_longest_chain(directory, start_configured):
    write(directory / "root" / "10", b"end")
    text = site([f'from = "/{n}"\nto = "/{n + 1}"' for n in range(10)])
    with start_configured(text, directory).connect() as connection:
        assert connection.ask("/0").body == b"end"


REFUSED = {
    "neither from nor prefix": 'to = "/b"',
    "both": 'from = "/a"\nprefix = "/a"\nto = "/b"',
    "no to": 'from = "/a"',
    "a URL": 'from = "/a"\nto = "https://example.org/"',
    "a relative path": 'from = "/a"\nto = "b"',
    "two slashes": 'from = "/a"\nto = "//b"',
    "dots": 'from = "/a"\nto = "/../b"',
    "dots at the end": 'from = "/a"\nto = "/b/.."',
    "a dot": 'from = "/a"\nto = "/./b"',
    "a query": 'from = "/a"\nto = "/b?c"',
    "a fragment": 'from = "/a"\nto = "/b#c"',
    "a status": 'from = "/a"\nto = "/b"\nstatus = 301',
    "a capture that is not there": 'from = "/a/*"\nto = "/$2"',
    "a line": 'from = "/a"\nto = "/b\\n"',
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_mistakes_are_found_at_load(directory, mistake):
    (directory / "root").mkdir()
    file = directory / "sluice.toml"
    file.write_text(site([REFUSED[mistake]]))
    result = run("check", file)
    assert (result.returncode, result.stdout) == (2, ""), result
    assert result.stderr.startswith(f"{file}:") and len(result.stderr.splitlines()) == 1
