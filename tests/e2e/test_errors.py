"""Each refusal has its status, a short page and the right length; malformed requests end there."""

import pytest

from support.client import build_request
from support.privileges import unprivileged_prefix
from support.tree import write

HOST = b"Host: sluice.test\r\n"


def check_page(response, status):
    assert response.status == status
    assert response.field("content-type").lower().startswith("text/html")
    assert str(status).encode() in response.body
    assert b"<" in response.body and len(response.body) < 2048


def raw(start_line, *lines):
    return b"\r\n".join([start_line, *lines, b"", b""])


PAGES = {
    404: build_request("/missing"),
    400: build_request("/%zz"),
    405: build_request("/hello.txt", "DELETE"),
    501: build_request("/hello.txt", "BREW"),
    505: build_request("/hello.txt", version="HTTP/2.0"),
    414: build_request("/" + "a" * 9000),
    431: build_request("/hello.txt", fields=[("X", "a" * 17000)]),
    301: build_request("/directory"),
    416: build_request("/hello.txt", fields=[("Range", "bytes=100-")]),
}


@pytest.mark.parametrize("status", PAGES)
def test_refusals_have_a_short_page(server, status):
    with server.connect() as connection:
        connection.send(PAGES[status])
        check_page(connection.read_response(), status)


@pytest.mark.parametrize("status", [status for status in PAGES if status not in (405, 416, 501)])
def test_refusals_of_head_have_no_body(server, status):
    with server.connect() as connection:
        connection.send(PAGES[status].replace(b"GET", b"HEAD", 1) + build_request("/hello.txt"))
        response = connection.read_response("HEAD")
        assert response.status == status
        if response.closes:
            connection.expect_close()
        else:
            assert connection.read_response().body == b"hello\n"


@pytest.mark.parametrize("target", ["/missing", "/missing/", "/directory/missing", "/.hidden",
                                    "/hello.txt/more", "/missing?query", "/hello", "/hello.txt%20",
                                    "/HELLO.TXT", "/secret.txt"])
def test_not_found(server, target):
    check_page(server.get(target), 404)


def test_a_page_does_not_repeat_markup_of_the_request(server):
    for target in ("/<script>alert(1)</script>", "/%3Cscript%3Ealert(1)%3C/script%3E"):
        with server.connect() as connection:
            assert b"<script" not in connection.ask(target).body


@pytest.mark.parametrize("target", ["/%", "/%2", "/%zz", "/%g0", "/a%", "/hello.txt%0", "/%%32",
                                    "/%u0041", "/hello.txt%00", "/%00", "/hello%00.txt", "*"])
def test_bad_targets(server, target):
    check_page(server.get(target), 400)


MALFORMED = {
    "no Host": raw(b"GET / HTTP/1.1"),
    "two Hosts": raw(b"GET / HTTP/1.1", b"Host: a", b"Host: b"),
    "two equal Hosts": raw(b"GET / HTTP/1.1", b"Host: a", b"Host: a"),
    "Host with a space": raw(b"GET / HTTP/1.1", b"Host: a b"),
    "Host with a slash": raw(b"GET / HTTP/1.1", b"Host: a/b"),
    "Host with user": raw(b"GET / HTTP/1.1", b"Host: user@a"),
    "Host with bad port": raw(b"GET / HTTP/1.1", b"Host: a:port"),
    "space before colon": raw(b"GET / HTTP/1.1", b"Host : a"),
    "space in a name": raw(b"GET / HTTP/1.1", b"Host: a", b"X Y: z"),
    "no name": raw(b"GET / HTTP/1.1", b"Host: a", b": z"),
    "no colon": raw(b"GET / HTTP/1.1", b"Host: a", b"no colon"),
    "folded line": raw(b"GET / HTTP/1.1", b"Host: a", b"X: y", b" folded"),
    "field line first folded": raw(b"GET / HTTP/1.1", b" Host: a"),
    "NUL in a value": raw(b"GET / HTTP/1.1", b"Host: a", b"X: a\0b"),
    "control in a value": raw(b"GET / HTTP/1.1", b"Host: a", b"X: a\x01b"),
    "CR in a value": raw(b"GET / HTTP/1.1", b"Host: a", b"X: a\rb"),
    "NUL in the target": raw(b"GET /a\0b HTTP/1.1", b"Host: a"),
    "control in the target": raw(b"GET /a\x01b HTTP/1.1", b"Host: a"),
    "space in the target": raw(b"GET /a b HTTP/1.1", b"Host: a"),
    "two spaces": raw(b"GET  / HTTP/1.1", b"Host: a"),
    "tab for space": raw(b"GET\t/ HTTP/1.1", b"Host: a"),
    "target without slash": raw(b"GET hello.txt HTTP/1.1", b"Host: a"),
    "no target": raw(b"GET HTTP/1.1", b"Host: a"),
    "no version": raw(b"GET /", b"Host: a"),
    "version without number": raw(b"GET / HTTP", b"Host: a"),
    "version with letters": raw(b"GET / HTTP/x.y", b"Host: a"),
    "version in lower case": raw(b"GET / http/1.1", b"Host: a"),
    "version of two digits": raw(b"GET / HTTP/1.10", b"Host: a"),
    "another protocol": raw(b"GET / ICE/1.0", b"Host: a"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300),
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "noise": bytes(range(128, 256)) * 4 + b"\r\n\r\n",
    "length not a number": raw(b"GET / HTTP/1.1", b"Host: a", b"Content-Length: abc"),
    "length negative": raw(b"GET / HTTP/1.1", b"Host: a", b"Content-Length: -1"),
    "length with sign": raw(b"GET / HTTP/1.1", b"Host: a", b"Content-Length: +1"),
    "length in hex": raw(b"GET / HTTP/1.1", b"Host: a", b"Content-Length: 0x10"),
    "length empty": raw(b"GET / HTTP/1.1", b"Host: a", b"Content-Length:"),
    "length overflow": raw(b"GET / HTTP/1.1", b"Host: a", b"Content-Length: " + b"9" * 30),
    "two lengths": raw(b"GET / HTTP/1.1", b"Host: a", b"Content-Length: 1", b"Content-Length: 2"),
    "list of lengths": raw(b"GET / HTTP/1.1", b"Host: a", b"Content-Length: 1, 2"),
    "length and chunked": raw(b"GET / HTTP/1.1", b"Host: a", b"Content-Length: 5",
                              b"Transfer-Encoding: chunked"),
    "chunked and length": raw(b"GET / HTTP/1.1", b"Host: a", b"Transfer-Encoding: chunked",
                              b"Content-Length: 5"),
    "chunked not last": raw(b"GET / HTTP/1.1", b"Host: a", b"Transfer-Encoding: chunked, gzip"),
    "chunked twice": raw(b"GET / HTTP/1.1", b"Host: a", b"Transfer-Encoding: chunked, chunked"),
    "unknown coding": raw(b"GET / HTTP/1.1", b"Host: a", b"Transfer-Encoding: xchunked"),
    "coding with VT": raw(b"GET / HTTP/1.1", b"Host: a", b"Transfer-Encoding: \x0bchunked"),
    "bare LF": b"GET / HTTP/1.1\nHost: a\n\n",
    "bare LF after a field": b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
    "bare CR": b"GET / HTTP/1.1\rHost: a\r\r",
}
OTHER_STATUS = {"unknown coding": 501, "chunked not last": 501, "chunked twice": 501,
                "HTTP/2 preface": 505, "TLS": 501, "noise": 501, "tab for space": 501,
                "version of two digits": 505, "length overflow": 413, "no version": 505}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_requests_end_the_connection(server, site, name):
    with server.connect() as connection:
        connection.send_if_wanted(MALFORMED[name] + build_request("/inner.txt"))
        responses = connection.read_responses_until_close()
    assert len(responses) == 1
    assert responses[0].status in (400, OTHER_STATUS.get(name))
    check_page(responses[0], responses[0].status)
    assert responses[0].closes


ACCEPTED = {
    "absolute form": raw(b"GET http://sluice.test/hello.txt HTTP/1.1", b"Host: sluice.test"),
    "absolute form, any case": raw(b"GET HTTP://sluice.test/hello.txt HTTP/1.1", HOST[:-2]),
    "absolute form with port": raw(b"GET http://sluice.test:80/hello.txt HTTP/1.1", HOST[:-2]),
    "absolute form, 1.0": raw(b"GET http://sluice.test/hello.txt HTTP/1.0"),
    "Host with port": raw(b"GET /hello.txt HTTP/1.1", b"Host: a:8080"),
    "Host IPv4": raw(b"GET /hello.txt HTTP/1.1", b"Host: 127.0.0.1:1"),
    "Host IPv6": raw(b"GET /hello.txt HTTP/1.1", b"Host: [::1]:8080"),
    "Host in any case": raw(b"GET /hello.txt HTTP/1.1", b"hOsT: a"),
    "Host last": raw(b"GET /hello.txt HTTP/1.1", b"X: y", b"Host: a"),
    "no spaces": raw(b"GET /hello.txt HTTP/1.1", b"Host:a", b"X:y"),
    "many spaces": raw(b"GET /hello.txt HTTP/1.1", b"Host: \t a \t ", b"X: \t y\t"),
    "empty value": raw(b"GET /hello.txt HTTP/1.1", b"Host: a", b"X:"),
    "high bytes": raw(b"GET /hello.txt HTTP/1.1", b"Host: a", b"X: \xc3\xa9\xff"),
    "tab in a value": raw(b"GET /hello.txt HTTP/1.1", b"Host: a", b"X: a\tb"),
    "repeated fields": raw(b"GET /hello.txt HTTP/1.1", b"Host: a", b"X: 1", b"X: 2"),
    "all token characters": raw(b"GET /hello.txt HTTP/1.1", b"Host: a", b"!#$%&'*+-.^_`|~09Az: x"),
    "length zero": raw(b"GET /hello.txt HTTP/1.1", b"Host: a", b"Content-Length: 0"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_unusual_but_right_requests(server, name):
    with server.connect() as connection:
        connection.send(ACCEPTED[name])
        assert connection.read_response().body == b"hello\n"


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/3.0", "HTTP/0.9", "HTTP/9.9"])
def test_other_major_versions_are_505(server, version):
    with server.connect() as connection:
        connection.send(build_request("/hello.txt", version=version))
        check_page(connection.read_response(), 505)
        connection.expect_close()


def test_a_later_minor_version_is_no_crime(server):
    """RFC 9110 §2.5: it would be answered as 1.1; a parser that knows only 1.1 says 505."""
    with server.connect() as connection:
        assert connection.ask("/hello.txt", version="HTTP/1.2").status in (200, 505)


@pytest.fixture(scope="module")
def forbidding(new_directory, start_shared):
    """A server whose user may read neither of two files nor enter one of two directories."""
    root = new_directory()
    write(root / "readable.txt", b"readable")
    write(root / "unreadable.txt", b"unreadable").chmod(0o000)
    write(root / "closed" / "index.html", b"unreadable")
    write(root / "no-index" / "index.html", b"unreadable").chmod(0o000)
    (root / "closed").chmod(0o000)
    yield start_shared(root, prefix=unprivileged_prefix())
    (root / "closed").chmod(0o700)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", ["/unreadable.txt", "/closed/index.html", "/closed/",
                                    "/no-index/", "/closed/missing"])
def test_unreadable_files_are_forbidden(forbidding, target, method):
    response = forbidding.get(target, method)
    assert response.status == 403
    if method == "GET":
        check_page(response, 403)
        assert b"unreadable" not in response.body


def test_a_forbidden_file_keeps_the_connection(forbidding):
    with forbidding.connect() as connection:
        assert connection.ask("/unreadable.txt").status == 403
        assert connection.ask("/readable.txt").body == b"readable"
