"""The limits of requests, and the deadlines of slow clients."""

import select

import pytest

from support import clocks as scenario
from support.client import build_request
from support.process import resident_mib
from support.server import SANITIZED
from support.tree import noise, write
from support.waiting import wait_until

TARGET_LIMIT = 8 * 1024
HEAD_LIMIT = 16 * 1024
FIELD_LIMIT = 100


def target_of(length):
    return "/hello.txt?" + "q" * (length - len("/hello.txt?"))


def head_of(length):
    frame = build_request("/hello.txt", fields=[("X-Padding", "")])
    return build_request("/hello.txt", fields=[("X-Padding", "p" * (length - len(frame)))])


def fields_of(count):
    """`count` fields with the Host that every request has."""
    return [(f"X-{number}", "v") for number in range(count - 1)]


def refused(server, request):
    """The status of the refusal, after which the connection must be over."""
    with server.connect() as connection:
        connection.send_if_wanted(request)
        response = connection.read_response()
        assert response.closes
        connection.expect_close()
        return response.status


@pytest.mark.parametrize("length", [11, 255, 256, 4096, TARGET_LIMIT - 1, TARGET_LIMIT])
def test_targets_up_to_the_limit(server, length):
    assert server.get(target_of(length)).status == 200


@pytest.mark.parametrize("length", [TARGET_LIMIT + 1, TARGET_LIMIT + 1000, HEAD_LIMIT + 1, 10**6])
def test_longer_targets_are_414(server, length):
    assert refused(server, build_request(target_of(length))) == 414


def test_a_long_path_is_not_found_rather_than_an_error(server):
    assert server.get("/" + "n" * 300).status == 404
    assert server.get("/" + "n" * (TARGET_LIMIT - 1)).status == 404
    assert server.get("/directory" * 500).status == 404
    assert server.get("/d" * (TARGET_LIMIT // 2)).status == 404


@pytest.mark.parametrize("length", [100, 4096, 4097, HEAD_LIMIT - 1, HEAD_LIMIT])
def test_heads_up_to_the_limit(server, length):
    with server.connect() as connection:
        for _ in range(2):
            connection.send(head_of(length))
            assert connection.read_response().status == 200


@pytest.mark.parametrize("length", [HEAD_LIMIT + 1, HEAD_LIMIT + 1000, 10**6])
def test_larger_heads_are_431(server, length):
    assert refused(server, head_of(length)) == 431


def test_a_head_without_an_end_is_431(server):
    assert refused(server, b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 20_000) == 431
    assert refused(server, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 10**6) == 431
    assert refused(server, b"GET / HTTP/1.1\r\nHost: x\r\n" + b"x" * 10**6) == 431


def test_a_method_without_an_end_is_refused(server):
    assert refused(server, b"G" * 10**6) in (400, 414, 431, 501)


@pytest.mark.parametrize("count", [1, 50, FIELD_LIMIT - 1, FIELD_LIMIT])
def test_fields_up_to_the_limit(server, count):
    assert server_status(server, fields_of(count)) == 200


def server_status(server, fields):
    with server.connect() as connection:
        return connection.ask("/hello.txt", fields=fields).status


@pytest.mark.parametrize("count", [FIELD_LIMIT + 1, FIELD_LIMIT + 50, 1000])
def test_more_fields_are_431(server, count):
    assert refused(server, build_request("/hello.txt", fields=fields_of(count))) == 431


def test_the_limits_hold_for_each_request_of_a_connection(server):
    with server.connect() as connection:
        for _ in range(20):  # together more than any limit
            connection.send(head_of(HEAD_LIMIT - 10))
            assert connection.read_response().status == 200
            assert connection.ask(target_of(TARGET_LIMIT)).status == 200
            assert connection.ask("/hello.txt", fields=fields_of(FIELD_LIMIT)).status == 200


PIPELINED = 10_000
PIPELINED_BYTES = 64 * 1024


@pytest.fixture
def numbered(directory):
    """Ten files that differ, so that the order of responses shows."""
    for number in range(10):
        write(directory / f"{number}.bin", noise(PIPELINED_BYTES, number))
    return directory


def send_without_reading(connection, stream):
    """Sends until the server takes no more for a second; the number of bytes it took."""
    connection.socket.setblocking(False)
    sent = 0
    while sent < len(stream) and select.select([], [connection.socket], [], 1)[1]:
        sent += connection.socket.send(stream[sent:sent + 65536])
    connection.socket.settimeout(20)
    return sent


@pytest.mark.limit(120)
def test_ten_thousand_pipelined_requests_without_reading(start, numbered):
    """640 MiB are asked for and not read: they may not pile up in the server."""
    server = start(numbered)
    server.get("/0.bin")
    before = resident_mib(server.pid)
    requests = [build_request(f"/{number % 10}.bin") for number in range(PIPELINED)]
    expected = [noise(PIPELINED_BYTES, number) for number in range(10)]
    stream = b"".join(requests)
    with server.connect(receive_buffer=64 * 1024) as connection:
        sent = send_without_reading(connection, stream)
        assert server.get("/1.bin").body == expected[1]
        assert resident_mib(server.pid) - before < (64 if SANITIZED else 16)
        for number in range(sent // len(requests[0])):
            assert connection.read_response().body == expected[number % 10]
        rest = stream[sent:]
        connection.send(rest)
        for number in range(sent // len(requests[0]), PIPELINED):
            assert connection.read_response().body == expected[number % 10]


def test_ten_thousand_tiny_pipelined_requests(server):
    with server.connect() as connection:
        stream = build_request("/hello.txt") * PIPELINED
        sent = send_without_reading(connection, stream)
        assert server.get("/hello.txt").body == b"hello\n"
        for _ in range(sent // len(build_request("/hello.txt"))):
            assert connection.read_response().body == b"hello\n"


# The upper bounds below only tell a deadline from none: a busy machine may be late.

@pytest.mark.timed
@pytest.mark.limit(120)
@pytest.mark.parametrize("client", [scenario.half_a_head, scenario.dripping_head])
def test_a_head_has_ten_seconds(clocks, client):
    seconds, received = clocks.result(client)
    assert 9.5 < seconds < 20
    assert received == b"" or received.startswith(b"HTTP/1.1 408 ")


@pytest.mark.timed
@pytest.mark.limit(120)
def test_a_connection_that_asks_nothing_is_closed(clocks):
    seconds, received = clocks.result(scenario.silent)
    assert 9.5 < seconds < 75
    assert received == b"" or received.startswith(b"HTTP/1.1 408 ")


@pytest.mark.timed
@pytest.mark.limit(120)
def test_an_idle_connection_has_sixty_seconds(clocks):
    seconds, received = clocks.result(scenario.idle)
    assert 59 < seconds < 75
    assert received == b""


@pytest.mark.timed
@pytest.mark.limit(120)
def test_an_idle_connection_can_be_used_again(clocks):
    assert clocks.result(scenario.idle_for_45_seconds).body == b"index\n"


@pytest.mark.timed
@pytest.mark.limit(120)
def test_a_reader_that_makes_no_progress_has_thirty_seconds(clocks):
    assert 29 < clocks.result(scenario.stalled_reader) < 50


@pytest.mark.timed
@pytest.mark.limit(120)
@pytest.mark.parametrize("client", [scenario.steady_reader, scenario.very_slow_reader])
def test_a_reader_that_makes_progress_is_not_cut_off(clocks, client):
    assert clocks.result(client) == scenario.BIG_BYTES


@pytest.mark.limit(60)
def test_a_stalled_pipeline_does_not_stop_others(server, site):
    with server.connect(receive_buffer=16 * 1024) as stalled:
        send_without_reading(stalled, build_request("/data.bin") * 1000)
        for _ in range(50):
            assert server.get("/data.bin").body == site.contents["/data.bin"]
    wait_until(lambda: server.get("/hello.txt").status == 200, "an answer")
