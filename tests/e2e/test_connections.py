"""Keep-alive, pipelining and close; requests cut anywhere; bodies that pretend to be requests."""

import itertools
import random
import socket
import statistics
import time

import pytest

from support.client import ProtocolError, build_request
from support.waiting import Later

KEEP_ALIVE = ("Connection", "keep-alive")
CLOSE = ("Connection", "close")
SMUGGLED = b"GET /inner.txt HTTP/1.1\r\nHost: sluice.test\r\n\r\n"


def chunk(data, extension=b""):
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


def test_1_1_keeps_the_connection(server, site):
    with server.connect() as connection:
        for target, content in site.contents.items():
            response = connection.ask(target)
            assert (response.status, response.body) == (200, content)
            assert not response.closes


def test_1_0_closes_after_the_response(server):
    with server.connect() as connection:
        assert connection.ask("/hello.txt", version="HTTP/1.0", host=None).body == b"hello\n"
        connection.expect_close()


def test_1_0_keeps_the_connection_when_asked(server):
    with server.connect() as connection:
        for _ in range(3):
            response = connection.ask("/hello.txt", fields=[KEEP_ALIVE], version="HTTP/1.0")
            assert response.body == b"hello\n"
            assert response.field("connection").lower() == "keep-alive"
        assert connection.ask("/hello.txt", version="HTTP/1.0").body == b"hello\n"
        connection.expect_close()


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("value", ["close", "Close", "CLOSE", "foo, close", "close, foo",
                                   "close,keep-alive"])
@pytest.mark.parametrize("target", ["/hello.txt", "/data.bin", "/missing", "/directory"])
def test_close_is_announced_and_done(server, version, value, target):
    with server.connect() as connection:
        assert connection.ask(target, fields=[("Connection", value)], version=version).closes
        connection.expect_close()


def test_close_in_a_second_field_line(server):
    with server.connect() as connection:
        assert connection.ask("/hello.txt", fields=[("Connection", "foo"), CLOSE]).closes
        connection.expect_close()


def test_a_404_keeps_the_connection(server):
    with server.connect() as connection:
        assert connection.ask("/missing").status == 404
        assert connection.ask("/hello.txt").status == 200


def test_pipelined_requests_are_answered_in_order(server, site):
    targets = [*site.contents, "/missing", "/directory"] * 10
    with server.connect() as connection:
        sender = Later(connection.send, b"".join(map(build_request, targets)))
        for target in targets:
            response = connection.read_response()
            if target in site.contents:
                assert response.body == site.contents[target]
            else:
                assert response.status in (301, 404)
        sender.result()


def test_pipelined_get_and_head_alternate(server, site):
    methods = ["GET", "HEAD", "HEAD", "GET", "POST", "HEAD", "GET"] * 20
    with server.connect() as connection:
        connection.send(b"".join(build_request("/hello.txt", method) for method in methods))
        for method in methods:
            response = connection.read_response(method)
            assert response.status == (405 if method == "POST" else 200)
            if method == "GET":
                assert response.body == site.contents["/hello.txt"]


def test_nothing_after_close_is_answered(server):
    with server.connect() as connection:
        last = build_request("/hello.txt", fields=[CLOSE])
        connection.send(build_request("/style.css") + last + SMUGGLED * 5)
        assert len(connection.read_responses_until_close()) == 2


def test_one_byte_at_a_time(server):
    with server.connect() as connection:
        for _ in range(2):
            for byte in build_request("/hello.txt?query", fields=[("Accept", "*/*")]):
                connection.send(bytes([byte]))
                time.sleep(0.0005)  # or the kernel would hand several bytes over at once
            assert connection.read_response().body == b"hello\n"


def test_a_request_cut_in_two_anywhere(server):
    request = build_request("/hello.txt", fields=[("X-Long", "value")])
    with server.connect() as connection:
        for cut in range(1, len(request)):
            connection.send(request[:cut])
            time.sleep(0.001)
            connection.send(request[cut:])
            assert connection.read_response().body == b"hello\n"


@pytest.mark.parametrize("seed", range(4))
def test_a_pipeline_cut_into_random_pieces(server, site, seed):
    chance = random.Random(seed)
    targets = chance.choices(list(site.contents), k=200)
    stream = b"".join(map(build_request, targets))

    def send(connection):
        position = 0
        while position < len(stream):
            size = chance.choice([1, 2, 3, 10, 50, 300, 5000])
            connection.send(stream[position:position + size])
            position += size

    with server.connect() as connection:
        sender = Later(send, connection)
        for target in targets:
            assert connection.read_response().body == site.contents[target]
        sender.result()


def test_an_empty_line_before_a_request_is_ignored(server):
    with server.connect() as connection:
        for _ in range(2):  # RFC 9112 §2.2
            connection.send(b"\r\n" + build_request("/hello.txt"))
            assert connection.read_response().body == b"hello\n"


@pytest.mark.parametrize("target", ["/hello.txt", "/data.bin"])
def test_a_client_that_has_finished_sending_still_gets_its_response(server, site, target):
    with server.connect() as connection:
        connection.send(build_request(target))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.read_response().body == site.contents[target]
        connection.expect_close()


def test_a_connection_that_ends_in_the_middle_of_a_head_gets_no_200(server):
    with server.connect() as connection:
        connection.send(build_request("/hello.txt")[:-2])
        connection.socket.shutdown(socket.SHUT_WR)
        assert not connection.read_rest().startswith(b"HTTP/1.1 200")


def test_a_connection_that_says_nothing_is_ended_without_a_word(server):
    with server.connect() as connection:
        connection.socket.shutdown(socket.SHUT_WR)
        connection.expect_close()


LENGTH = ("Content-Length", str(len(SMUGGLED)))
CHUNKED = ("Transfer-Encoding", "chunked")
BODIES = {
    "length": ([LENGTH], SMUGGLED),
    "length 1.0": ([LENGTH, KEEP_ALIVE], SMUGGLED),
    "two requests long": ([("Content-Length", str(2 * len(SMUGGLED)))], 2 * SMUGGLED),
    "chunked": ([CHUNKED], chunk(SMUGGLED) + b"0\r\n\r\n"),
    "chunks of one byte": ([CHUNKED],
                           b"".join(chunk(bytes([b])) for b in SMUGGLED) + b"0\r\n\r\n"),
    "chunk extension": ([CHUNKED], chunk(SMUGGLED, b';a="b"') + b"0\r\n\r\n"),
    "trailer": ([CHUNKED], chunk(SMUGGLED) + b"0\r\nX-Trailer: GET /inner.txt HTTP/1.1\r\n\r\n"),
    "empty chunked": ([CHUNKED], b"0\r\n\r\n"),
    "empty length": ([("Content-Length", "0")], b""),
}
REQUESTS = [("GET", "/hello.txt", 200), ("GET", "/data.bin", 200), ("GET", "/missing", 404),
            ("GET", "/directory", 301), ("POST", "/hello.txt", 405), ("BREW", "/hello.txt", 501)]


def check_not_smuggled(connection, site, status):
    """The real request after the body is answered, or the connection ends; nothing else."""
    responses = connection.read_responses_until_close()
    assert responses and responses[0].status == status
    assert site.contents["/inner.txt"] not in [response.body for response in responses]
    assert len(responses) <= 2
    if len(responses) == 2:
        assert responses[1].body == site.contents["/style.css"]


@pytest.mark.parametrize("method, target, status", REQUESTS)
@pytest.mark.parametrize("body", BODIES)
def test_a_body_is_never_taken_for_a_request(server, site, body, method, target, status):
    fields, data = BODIES[body]
    version = "HTTP/1.0" if body == "length 1.0" else "HTTP/1.1"
    with server.connect() as connection:
        head = build_request(target, method, fields, version=version)
        connection.send_if_wanted(head + data + build_request("/style.css", fields=[CLOSE]))
        check_not_smuggled(connection, site, status)


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_comes_after_the_response(server, site, body):
    """A server that answers early must still remember that a body is on its way."""
    fields, data = BODIES[body]
    version = "HTTP/1.0" if body == "length 1.0" else "HTTP/1.1"
    with server.connect() as connection:
        connection.send(build_request("/hello.txt", "GET", fields, version=version))
        time.sleep(0.02)
        for cut in range(0, len(data), 7):
            connection.send_if_wanted(data[cut:cut + 7])
        connection.send_if_wanted(build_request("/style.css", fields=[CLOSE]))
        check_not_smuggled(connection, site, 200)


def test_the_body_of_a_head_request(server, site):
    with server.connect() as connection:
        connection.send_if_wanted(build_request("/data.bin", "HEAD", [LENGTH]) + SMUGGLED)
        assert connection.read_response("HEAD").status == 200
        connection.send_if_wanted(build_request("/style.css", fields=[CLOSE]))
        rest = connection.read_responses_until_close()
        assert [response.body for response in rest] in ([], [site.contents["/style.css"]])


@pytest.mark.parametrize("megabytes", [1, 64])
@pytest.mark.parametrize("kind", ["length", "chunked"])
def test_a_large_body_does_not_cost_the_client_its_response(server, kind, megabytes):
    """A close with unread data would turn into a RST, which can overtake the response."""
    block = SMUGGLED.ljust(1 << 20, b"\n")

    def send(connection):
        if kind == "length":
            fields = [("Content-Length", str(megabytes << 20))]
            connection.send_if_wanted(build_request("/hello.txt", fields=fields))
        else:
            connection.send_if_wanted(build_request("/hello.txt", fields=[CHUNKED]))
        for _ in range(megabytes):
            connection.send_if_wanted(block if kind == "length" else chunk(block))
        connection.send_if_wanted(b"" if kind == "length" else b"0\r\n\r\n")
        connection.send_if_wanted(build_request("/style.css", fields=[CLOSE]))

    with server.connect() as connection:
        sender = Later(send, connection)
        responses = connection.read_responses_until_close()
        sender.result()
    assert responses[0].body == b"hello\n"
    assert len(responses) <= 2


def test_a_client_that_asks_before_it_sends_its_body_gets_an_answer(server):
    fields = [("Content-Length", "5"), ("Expect", "100-continue"), CLOSE]
    with server.connect() as connection:
        connection.send(build_request("/hello.txt", fields=fields))
        response = connection.read_response()
        if response.status == 100:
            connection.send(b"12345")
            response = connection.read_response()
        assert response.status in (200, 417)


BROKEN_CHUNKS = [b"zz\r\nabc\r\n0\r\n\r\n", b"-1\r\n\r\n", b"3\r\nabcd\r\n0\r\n\r\n",
                 b"ffffffffffffffffff\r\n", b"0x3\r\nabc\r\n0\r\n\r\n", b"3 \nabc\n0\n\n"]


@pytest.mark.parametrize("body", BROKEN_CHUNKS)
def test_a_broken_chunked_body_ends_the_connection(server, site, body):
    with server.connect() as connection:
        connection.send_if_wanted(build_request("/hello.txt", fields=[CHUNKED]) + body + SMUGGLED)
        responses = connection.read_responses_until_close()
    assert [response.status for response in responses] in ([400], [200], [200, 400])
    assert all(site.contents["/inner.txt"] != response.body for response in responses)


def test_small_responses_do_not_wait_for_a_timer(server):
    """A head held back for its body (MSG_MORE) and then forgotten takes 200 ms to appear."""
    targets = ("/hello.txt", "/empty.txt", "/missing", "/directory", "/data.bin")
    with server.connect() as connection:
        for request in itertools.product(targets, ("GET", "HEAD")):
            times = []
            for _ in range(20):
                start = time.monotonic()
                connection.ask(*request)
                times.append(time.monotonic() - start)
            assert statistics.median(times) < 0.15, request  # a busy machine delays only some


def test_head_and_body_share_a_segment(server):
    with server.connect() as connection:
        connection.ask("/hello.txt")
        info = connection.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160)
    data_segments = int.from_bytes(info[152:156], "little")  # tcpi_data_segs_in
    assert data_segments == 1


def test_the_harness_notices_junk(server):
    """A client that would swallow junk could prove nothing in this file."""
    with server.connect() as connection, pytest.raises(ProtocolError):
        connection.send(build_request("/hello.txt", fields=[CLOSE]))
        connection.expect_close()
