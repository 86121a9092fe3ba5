"""SIGTERM and SIGINT let responses finish; nothing else may delay the exit."""

import contextlib
import signal
import time

import pytest

from support.client import build_request
from support.tree import noise, sha256, write
from support.waiting import Later, wait_until

SIZE = 32 << 20
SIGNALS = [signal.SIGTERM, signal.SIGINT]


@pytest.fixture(scope="module")
def root(new_directory):
    root = new_directory()
    write(root / "big.bin", noise(SIZE))
    write(root / "small.txt", b"small")
    return root


@pytest.fixture
def start_patient(start_configured, root, directory):
    """Only the flags and the signal end it within 30 s: every other deadline is later."""
    text = f"""
[server]
drain_timeout = 60

[server.limits]
head_timeout_ms = 120_000
send_progress_timeout_ms = 120_000

[[site]]
root = "{root}"
"""
    return lambda *flags: start_configured(text, directory, *flags)


def ask_and_stall(server):
    connection = server.connect(receive_buffer=64 * 1024)
    connection.send(build_request("/big.bin"))
    assert connection.read_head().content_length == SIZE
    return connection


def refuses(server):
    """True once a new connection fails at once. One that hangs would be worse than an answer."""
    try:
        with server.connect() as connection:
            connection.send(build_request("/small.txt"))
            return connection.read_rest() == b""
    except (ConnectionRefusedError, ConnectionResetError, BrokenPipeError):
        return True


@pytest.mark.parametrize("number", SIGNALS)
def test_an_idle_server_exits_at_once(start, root, number):
    server = start(root, "--drain-timeout", "60")
    assert server.get("/small.txt").status == 200
    server.signal(number)
    assert server.wait(timeout=30) == 0
    server.finish()


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("threads", [1, 2])
def test_a_response_in_flight_is_finished(start, root, number, threads):
    server = start(root, "--threads", threads, "--drain-timeout", "60")
    connections = [ask_and_stall(server) for _ in range(4)]
    server.signal(number)
    wait_until(lambda: refuses(server), "new connections to be refused")
    assert server.process.poll() is None
    for connection in connections:
        assert connection.read_digest(SIZE) == sha256(noise(SIZE))
        connection.expect_close()
    assert server.wait(timeout=30) == 0
    server.finish()


def test_requests_behind_the_one_in_flight(start, root):
    """They may be answered or not, but only with whole responses."""
    server = start(root, "--drain-timeout", "60")
    with ask_and_stall(server) as connection:
        connection.send(build_request("/small.txt") * 3)
        server.signal(signal.SIGTERM)
        assert connection.read_digest(SIZE) == sha256(noise(SIZE))
        rest = connection.read_responses_until_close()
        assert [response.body for response in rest] == [b"small"] * len(rest)
    assert server.wait(timeout=30) == 0
    server.finish()


@pytest.mark.parametrize("number", SIGNALS)
def test_the_drain_timeout_bounds_the_wait(start_patient, number):
    server = start_patient("--drain-timeout", "1")
    with ask_and_stall(server):
        server.signal(number)
        assert server.wait(timeout=30) == 0
    server.finish()


@pytest.mark.limit(90)
def test_the_drain_timeout_is_ten_seconds_if_not_given(start, root):
    server = start(root)
    with ask_and_stall(server):
        begun = time.monotonic()
        server.signal(signal.SIGTERM)
        assert server.wait(timeout=25) == 0  # less than a reader without progress has: 30 s
        assert time.monotonic() - begun > 9
    server.finish()


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("again", SIGNALS)
def test_a_second_signal_exits_at_once(start_patient, number, again):
    server = start_patient("--drain-timeout", "60")
    with ask_and_stall(server):
        server.signal(number)
        wait_until(lambda: refuses(server), "new connections to be refused")
        assert server.process.poll() is None
        server.signal(again)
        server.wait(timeout=30)
    server.finish(statuses=(0, 1, 128 + again, -again))


WITHOUT_REQUEST = {
    "silent": lambda connection: None,
    "idle": lambda connection: connection.ask("/small.txt"),
    "in the middle of a head": lambda connection: connection.send(b"GET / HTTP/1.1\r\nHost:"),
}


@pytest.mark.parametrize("state", WITHOUT_REQUEST)
def test_connections_without_a_request_do_not_delay_the_exit(start_patient, state):
    server = start_patient("--drain-timeout", "60")
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(20)]
        for connection in connections:
            WITHOUT_REQUEST[state](connection)
        assert server.get("/small.txt").body == b"small"
        server.signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
        for connection in connections:
            assert connection.read_rest()[:12] in (b"", b"HTTP/1.1 408", b"HTTP/1.1 503")
    server.finish()


def test_busy_clients_see_whole_responses_only(start, root):
    server = start(root)

    def keep_asking(connection):
        """Asks until the server ends the connection; counts the answers."""
        answers = 0
        with connection:
            while True:
                connection.send_if_wanted(build_request("/small.txt"))
                if not connection.unread and not connection.receive_or_end():
                    return answers
                assert connection.read_response().body == b"small"
                answers += 1

    clients = [Later(keep_asking, server.connect()) for _ in range(8)]
    wait_until(lambda: server.get("/small.txt").body == b"small", "an answer")
    server.signal(signal.SIGTERM)
    assert server.wait(timeout=30) == 0
    assert all(client.result() >= 0 for client in clients)
    server.finish()


def test_the_port_is_free_again(start, root):
    first = start(root)
    first.get("/small.txt")
    first.stop()
    second = start(root, listen=(f"127.0.0.1:{first.port}",))
    assert second.port == first.port
    assert second.get("/small.txt").body == b"small"


def test_a_client_that_goes_at_the_end(start_patient):
    server = start_patient("--drain-timeout", "60")
    connections = [ask_and_stall(server) for _ in range(20)]
    server.signal(signal.SIGTERM)
    for number, connection in enumerate(connections):
        connection.reset() if number % 2 else connection.close()
    assert server.wait(timeout=30) == 0
    server.finish()


def test_a_response_that_is_cut_off_does_not_end_in_order(start_patient):
    """A client that counts no bytes must not take a part of a file for the whole."""
    server = start_patient("--drain-timeout", "0")
    with ask_and_stall(server) as connection:
        server.signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
        with pytest.raises(ConnectionResetError):
            while connection.receive():
                pass
    server.finish()


def test_unwanted_content_does_not_delay_the_exit(start_patient):
    server = start_patient("--drain-timeout", "60")
    with server.connect() as connection:
        connection.send(b"GET /small.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        assert connection.read_response().body == b"small"
        server.signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
    server.finish()
