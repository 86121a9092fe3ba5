"""`sluice serve DIR` with flags, which say what a configuration would."""

import json

import pytest

from support.server import run
from support.tree import write

BROWSER = [("Accept", "text/html")]
PREFLIGHT = [("Origin", "https://a.test"), ("Access-Control-Request-Method", "GET")]


@pytest.fixture(scope="module")
def root(new_directory):
    root = new_directory()
    write(root / "index.html", b"application")
    write(root / "about.html", b"about")
    write(root / "assets" / "app.js", b"script")
    write(root / "first" / "home.txt", b"home")
    write(root / "first" / "index.html", b"index")
    return root


@pytest.fixture(scope="module")
def everything(root, start_shared):
    """All flags at once, in any order."""
    return start_shared(root, "--cors", "--spa", "--cache-control", "max-age=60, public",
                        "--listing", "--clean-urls", "--index", "home.txt", "--index", "index.html")


@pytest.fixture(scope="module")
def nothing(root, start_shared):
    return start_shared(root)


def test_spa(everything, nothing):
    response = everything.get("/some/route", fields=BROWSER)
    assert (response.status, response.body) == (200, b"application")
    assert everything.get("/some/route").status == 404
    assert everything.get("/assets/gone.js", fields=BROWSER).status == 404
    assert nothing.get("/some/route", fields=BROWSER).status == 404


def test_clean_urls(everything, nothing):
    assert everything.get("/about").body == b"about"
    assert nothing.get("/about").status == 404


def test_listing(everything, nothing):
    response = everything.get("/assets/", fields=[("Accept", "application/json")])
    assert [entry["name"] for entry in json.loads(response.body)["entries"]] == ["app.js"]
    assert nothing.get("/assets/").status == 403


def test_cors(everything, nothing):
    for target, status in {"/about.html": 200, "/missing": 404}.items():
        response = everything.get(target)
        assert (response.status, response.field("access-control-allow-origin")) == (status, "*")
        assert nothing.get(target).field("access-control-allow-origin") is None
    response = everything.get("/about.html", method="OPTIONS", fields=PREFLIGHT)
    assert (response.status, response.field("access-control-allow-origin")) == (204, "*")
    assert nothing.get("/about.html", method="OPTIONS",
                       fields=PREFLIGHT).field("access-control-allow-origin") is None


def test_cache_control(everything, nothing):
    for target, status in {"/about.html": 200, "/assets": 301, "/assets/": 200}.items():
        response = everything.get(target)
        assert (response.status, response.field("cache-control")) == (status, "max-age=60, public")
    response = everything.get("/about.html", fields=[("If-None-Match", "*")])
    assert (response.status, response.field("cache-control")) == (304, "max-age=60, public")
    # A mistake is not to be kept for as long as the file that it hides.
    assert everything.get("/missing").field("cache-control") is None
    assert nothing.get("/about.html").field("cache-control") is None


def test_index(everything, nothing):
    assert everything.get("/first/").body == b"home"
    assert nothing.get("/first/").body == b"index"


def test_any_host(everything):
    for host in ("a.test", "b.test:80", "[::1]"):
        assert everything.get("/about", host=host).status == 200
    assert everything.get("/about", host=None, version="HTTP/1.0").status == 200


REFUSED = {
    "--cache-control with two lines": ["--cache-control", "a\r\nSet-Cookie: b"],
    "--cache-control empty": ["--cache-control", ""],
    "--cache-control without a value": ["--cache-control"],
    "--index with a slash": ["--index", "a/b"],
    "--index empty": ["--index", ""],
    "--spa with a value": ["--spa=/x.html"],
    "--listing with another word": ["--listing=maybe"],
    "--transfer of another kind": ["--transfer", "copy-file-range"],
    "--transfer without a value": ["--transfer"],
    "--uploads with another word": ["--uploads=maybe"],
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_mistakes(root, mistake):
    result = run("serve", root, *REFUSED[mistake])
    assert (result.returncode, result.stdout) == (2, ""), result
    assert mistake.split()[0] in result.stderr


@pytest.mark.parametrize("flags", [["--spa"], ["--listing"], ["--cors"], ["--clean-urls"],
                                   ["--uploads"], ["--transfer", "copy"],
                                   ["--cache-control", "x"], ["--index", "x"]], ids=lambda f: f[0])
def test_not_beside_a_configuration(directory, flags):
    file = directory / "sluice.toml"
    file.write_text('[[site]]\nroot = "."\n')
    result = run("serve", "--config", file, *flags)
    assert (result.returncode, result.stdout) == (2, "")
    assert flags[0] in result.stderr
