"""GET, HEAD and OPTIONS are answered, everything else is refused by name."""

import pytest

from support.client import Connection, build_request

ALLOWED = {"GET", "HEAD", "OPTIONS"}
REFUSED = ["POST", "PUT", "DELETE", "PATCH", "TRACE"]
TARGETS = ["/hello.txt", "/missing", "/", "/directory"]
UNKNOWN = ["BREW", "GETS", "GE", "get", "Get", "X-CUSTOM", 9 * "LONG"]
NOT_TOKENS = ["G@T", "GE(T", "G\x80T", "\x01GET", "{}"]


def test_get_returns_the_file(server, site):
    response = server.get("/hello.txt")
    assert (response.status, response.reason) == (200, "OK")
    assert response.body == site.contents["/hello.txt"]


@pytest.mark.parametrize("target", ["/hello.txt", "/empty.txt", "/data.bin", "/", "/directory",
                                    "/missing", "/.hidden", "/%zz", "/empty/"])
def test_head_is_get_without_the_body(server, target):
    def fields(response):
        return [field for field in response.fields if field[0] != "date"]

    get, head = server.get(target), server.get(target, "HEAD")
    assert head.status == get.status
    assert fields(head) == fields(get)
    assert head.content_length == len(get.body)


def test_head_keeps_the_connection_in_step(server, site):
    with server.connect() as connection:
        for target in ("/data.bin", "/missing", "/directory"):
            connection.ask(target, "HEAD")
            assert connection.ask("/hello.txt").body == site.contents["/hello.txt"]


def allowed(response):
    return {name.strip() for name in response.field("allow").split(",")}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("method", REFUSED)
def test_known_methods_get_405_with_allow(server, method, target):
    with server.connect() as connection:
        response = connection.ask(target, method)
    assert response.status == 405
    assert allowed(response) == ALLOWED


@pytest.mark.parametrize("target", [*TARGETS, "*", "/hello.txt?query", "http://sluice.test/"])
def test_options_says_what_there_is(server, site, target):
    with server.connect() as connection:
        response = connection.ask(target, "OPTIONS")
        assert response.status == 204
        assert allowed(response) == ALLOWED
        assert response.field("content-length") is None
        assert response.field("content-type") is None
        assert connection.ask("/hello.txt").body == site.contents["/hello.txt"]


def test_options_with_content(server, site):
    with server.connect() as connection:
        connection.send(build_request("/hello.txt", "OPTIONS", [("Content-Length", "5")])
                        + b"12345" + build_request("/hello.txt"))
        assert connection.read_response().status == 204
        assert connection.read_response().body == site.contents["/hello.txt"]


def test_options_1_0(server):
    assert server.get("/hello.txt", "OPTIONS", version="HTTP/1.0").status == 204


@pytest.mark.parametrize("target", ["*/", "**", "*?a=b", "hello.txt"])
def test_options_of_no_target(server, target):
    with server.connect() as connection:
        assert connection.ask(target, "OPTIONS").status == 400


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_only_options_is_about_the_whole_server(server, method):
    with server.connect() as connection:
        assert connection.ask("*", method).status == 400


def test_trace_sends_nothing_back(server):
    with server.connect() as connection:
        response = connection.ask("/hello.txt", "TRACE", [("Cookie", "secret-of-a-client")])
    assert response.status == 405
    assert b"secret" not in response.body


def test_trace_is_told_what_the_target_allows(start, directory):
    uploads = start(directory, "--uploads")
    with uploads.connect() as connection:
        response = connection.ask("/hello.txt", "TRACE")
    assert response.field("allow") == "GET, HEAD, OPTIONS, PUT, DELETE"


@pytest.mark.parametrize("method", UNKNOWN, ids=lambda method: method[:10])
def test_unknown_methods_get_501(server, method):
    with server.connect() as connection:
        assert connection.ask("/hello.txt", method).status == 501


@pytest.mark.parametrize("method", NOT_TOKENS)
def test_a_method_that_is_no_token_is_a_bad_request(server, method):
    with server.connect() as connection:
        assert connection.ask("/hello.txt", method).status in (400, 501)
        connection.expect_close()


@pytest.mark.parametrize("target", ["example.com:443", "sluice.test:80", "/hello.txt"])
def test_connect_is_refused_and_opens_no_tunnel(server, target):
    """What follows would be meant for the other end of a tunnel, so the connection ends."""
    with server.connect() as connection:
        connection.send(build_request(target, "CONNECT") + build_request("/hello.txt"))
        response = connection.read_response()
        assert response.status == 405
        assert allowed(response) == ALLOWED
        assert response.closes
        connection.expect_close()


CONTENT = b"some content"
CONTINUE = ("Expect", "100-continue")


@pytest.mark.parametrize("value", ["100-continue", "100-Continue", "100-CONTINUE"])
@pytest.mark.parametrize("method, status", [("GET", 200), ("HEAD", 200), ("OPTIONS", 204)])
def test_a_client_with_nothing_to_send_expects_in_vain(server, site, method, status, value):
    """RFC 9110 §10.1.1: without content there is nothing to go on with."""
    with server.connect() as connection:
        assert connection.ask("/hello.txt", method, [("Expect", value)]).status == status
        assert connection.ask("/hello.txt").body == site.contents["/hello.txt"]


def read_final(connection, method="GET"):
    """The response after any that are not final."""
    while (response := connection.read_response(method)).status < 200:
        assert response.status == 100
    return response


@pytest.mark.parametrize("method, status", [("GET", 200), ("POST", 405), ("OPTIONS", 204),
                                            ("BREW", 501)])
@pytest.mark.parametrize("framing", ["Content-Length: 12", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("sends", [True, False], ids=["sends at once", "waits"])
def test_a_client_that_waits_with_its_content(server, method, status, framing, sends):
    """It gets a final response, and whatever it sends then is not taken for a request."""
    name, value = framing.split(": ")
    content = CONTENT if name == "Content-Length" else b"c\r\n" + CONTENT + b"\r\n0\r\n\r\n"
    with server.connect() as connection:
        connection.send(build_request("/hello.txt", method, [(name, value), CONTINUE]))
        if sends:
            connection.send_if_wanted(content)
        response = read_final(connection, method)
        assert response.status == status
        assert response.closes or sends
        if response.closes:
            connection.expect_close()
        else:
            assert connection.ask("/hello.txt").status == 200


@pytest.mark.parametrize("fields", [["200-ok"], ["100-continue, 200-ok"], ["100"], ["continue"],
                                    ["100-continue;a=b"], ["100-continue", "something"],
                                    ["100-continued"]], ids=", ".join)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_other_expectations_fail(server, site, method, fields):
    with server.connect() as connection:
        fields = [("Expect", value) for value in fields]
        assert connection.ask("/hello.txt", method, fields).status == 417
        response = connection.ask("/hello.txt", fields=[("Connection", "close")])
        assert response.body == site.contents["/hello.txt"]


@pytest.mark.parametrize("value", ["100-continue", "200-ok"])
def test_1_0_expects_nothing(server, site, value):
    """RFC 9110 §10.1.1: proxies of that time pass the field on without understanding it."""
    response = server.get("/hello.txt", fields=[("Expect", value)], version="HTTP/1.0")
    assert (response.status, response.body) == (200, site.contents["/hello.txt"])


def test_a_refused_method_does_not_cost_the_connection(server, site):
    with server.connect() as connection:
        response = connection.ask("/hello.txt", "DELETE")
        if response.closes:
            connection.expect_close()
        else:
            assert connection.ask("/hello.txt").body == site.contents["/hello.txt"]


def test_requests_of_all_methods_on_many_connections(server, site):
    """A refusal on one connection leaves the others alone."""
    connections = [Connection(server.address) for _ in range(20)]
    for number, connection in enumerate(connections):
        connection.send(build_request("/hello.txt", "GET" if number % 2 else "POST"))
    for number, connection in enumerate(connections):
        response = connection.read_response()
        assert response.status == (200 if number % 2 else 405)
        connection.close()
