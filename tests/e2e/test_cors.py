"""The preset "cors": every origin may read, and preflight requests are answered."""

import pytest

from support.tree import write

CONFIGURATION = """
[[site]]
hosts = ["cors.test"]
root = "root"

  [[site.header]]
  path = "/open/**"
  preset = "cors"

  [[site.header]]
  path = "/own/**"
  preset = "cors"
  set = { Access-Control-Allow-Origin = "https://app.example" }

  [[site.redirect]]
  from = "/open/moved"
  to = "/open/file.txt"

  [[site.auth]]
  path = "/open/private/**"
  htpasswd = "users"

[[site]]
hosts = ["none.test"]
root = "root"
"""

ORIGIN = ("Origin", "https://other.example")
PREFLIGHT = [ORIGIN, ("Access-Control-Request-Method", "GET"),
             ("Access-Control-Request-Headers", "range, if-none-match")]


@pytest.fixture(scope="module")
def base(new_directory):
    base = new_directory()
    for path in ("open/file.txt", "own/file.txt", "closed/file.txt", "open/private/file.txt"):
        write(base / "root" / path, b"content\n")
    # The password is "x".
    write(base / "users", b"u:$2y$04$yFH8juIKfl1sWkMeA6XnxOqMdpBtsRqsbXUrRdX0lIXEgwshOCAZW\n")
    return base


@pytest.fixture(scope="module")
def connection(base, start_configured_shared):
    with start_configured_shared(CONFIGURATION, base).connect() as opened:
        yield opened


def words(value):
    return {word.strip().lower() for word in value.split(",")}


@pytest.mark.parametrize("target", ["/open/file.txt", "/open/missing", "/open/", "/open/a/b",
                                    "/open/moved", "/open/private/file.txt", "/open/file.txt?a=b"])
def test_preflight_is_answered(connection, target):
    """Also where the request itself will be refused: it is for the script to learn that."""
    response = connection.ask(target, "OPTIONS", fields=PREFLIGHT, host="cors.test")
    assert (response.status, response.body) == (204, b"")
    assert response.field("access-control-allow-origin") == "*"
    assert {"get", "head"} <= words(response.field("access-control-allow-methods"))
    assert words(response.field("access-control-allow-methods")).isdisjoint({"post", "put", "*"})
    headers = words(response.field("access-control-allow-headers"))
    assert "*" in headers or {"range", "if-none-match"} <= headers
    assert int(response.field("access-control-max-age")) > 0
    assert response.field("access-control-allow-credentials") is None


NO_PREFLIGHTS = {
    "no Origin": PREFLIGHT[1:],
    "no method": [PREFLIGHT[0], PREFLIGHT[2]],
    "neither": [],
}


@pytest.mark.parametrize("kind", NO_PREFLIGHTS)
def test_options_that_is_no_preflight(connection, kind):
    response = connection.ask("/open/file.txt", "OPTIONS", fields=NO_PREFLIGHTS[kind],
                              host="cors.test")
    assert response.status == 204
    assert response.field("allow") == "GET, HEAD, OPTIONS"
    assert response.field("access-control-allow-methods") is None


@pytest.mark.parametrize("target, host", [("/closed/file.txt", "cors.test"), ("/open", "cors.test"),
                                          ("/openx/f", "cors.test"),
                                          ("/open/file.txt", "none.test")])
def test_preflight_elsewhere_is_options(connection, target, host):
    response = connection.ask(target, "OPTIONS", fields=PREFLIGHT, host=host)
    assert response.status == 204
    assert not [name for name, _ in response.fields if name.startswith("access-control")]


@pytest.mark.parametrize("target, method, fields, status", [
    ("/open/file.txt", "GET", [], 200), ("/open/file.txt", "HEAD", [], 200),
    ("/open/file.txt", "GET", [("Range", "bytes=0-1")], 206),
    ("/open/file.txt", "GET", [("If-None-Match", "*")], 304),
    ("/open/moved", "GET", [], 301), ("/open/", "GET", [], 403), ("/open/missing", "GET", [], 404),
    ("/open/file.txt", "POST", [], 405), ("/open/file.txt", "GET", [("Range", "bytes=9-")], 416),
    ("/open/private/file.txt", "GET", [], 401)])
@pytest.mark.parametrize("origin", [[ORIGIN], []], ids=["origin", "no origin"])
def test_the_request_itself(connection, target, method, fields, status, origin):
    """The fields do not depend on Origin, so caches need no Vary."""
    response = connection.ask(target, method, fields=[*fields, *origin], host="cors.test")
    assert response.status == status
    assert response.field("access-control-allow-origin") == "*"
    assert {"content-range", "etag"} <= words(response.field("access-control-expose-headers"))
    assert "origin" not in (response.field("vary") or "").lower()


def test_an_origin_of_its_own(connection):
    response = connection.ask("/own/file.txt", fields=[ORIGIN], host="cors.test")
    assert response.field("access-control-allow-origin") == "https://app.example"
    response = connection.ask("/own/file.txt", "OPTIONS", fields=PREFLIGHT, host="cors.test")
    assert response.status == 204
    assert response.field("access-control-allow-origin") == "https://app.example"


def test_nothing_elsewhere(connection):
    for target, host in (("/closed/file.txt", "cors.test"), ("/open/file.txt", "none.test")):
        response = connection.ask(target, fields=[ORIGIN], host=host)
        assert response.status == 200
        assert not [name for name, _ in response.fields if name.startswith("access-control")]
