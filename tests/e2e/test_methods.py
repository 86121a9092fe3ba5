"""GET and HEAD are answered, everything else is refused by name."""

import pytest

from support.client import Connection, build_request

REFUSED = ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"]
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


@pytest.mark.parametrize("target", ["/hello.txt", "/missing", "/", "/directory"])
@pytest.mark.parametrize("method", REFUSED)
def test_known_methods_get_405_with_allow(server, method, target):
    with server.connect() as connection:
        response = connection.ask(target, method)
    assert response.status == 405
    assert {name.strip() for name in response.field("allow").split(",")} == {"GET", "HEAD"}


@pytest.mark.parametrize("method", UNKNOWN, ids=lambda method: method[:10])
def test_unknown_methods_get_501(server, method):
    with server.connect() as connection:
        assert connection.ask("/hello.txt", method).status == 501


@pytest.mark.parametrize("method", NOT_TOKENS)
def test_a_method_that_is_no_token_is_a_bad_request(server, method):
    with server.connect() as connection:
        assert connection.ask("/hello.txt", method).status in (400, 501)
        connection.expect_close()


def test_options_of_the_whole_server_is_refused(server):
    with server.connect() as connection:
        assert connection.ask("*", "OPTIONS").status == 405


@pytest.mark.parametrize("target", ["example.com:443", "/hello.txt"])
def test_connect_is_refused_and_opens_no_tunnel(server, target):
    with server.connect() as connection:
        connection.send(build_request(target, "CONNECT"))
        assert connection.read_response().status in (400, 405, 501)


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
