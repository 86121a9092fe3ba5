"""Clients that read slowly or not at all cost nobody else anything."""

import contextlib
import threading

import pytest

from support.client import build_request
from support.process import bytes_in_pipes, pipe_count, resident_mib, thread_count
from support.server import SANITIZED
from support.tree import noise, sha256, write
from support.waiting import Later, together, wait_until

SIZE = 64 << 20
READERS = 200
DRIPPING = 50
SHARDS = 2
# More than the shards need, less than one for each reader.
THREAD_LIMIT = 64
PIPE_LIMIT = 160


@pytest.fixture(scope="module")
def content():
    return noise(SIZE)


@pytest.fixture(scope="module")
def slow_server(new_directory, start_shared, content):
    root = new_directory()
    write(root / "big.bin", content)
    return start_shared(root, "--threads", SHARDS)


@pytest.fixture
def stalled(slow_server):
    """Connections that have asked for a big file and read hardly anything of it."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(slow_server.connect(receive_buffer=64 * 1024))
                       for _ in range(READERS)]
        for connection in connections:
            connection.send(build_request("/big.bin"))
        for connection in connections:
            assert connection.read_head().content_length == SIZE
        yield connections


def download(server):
    with server.connect() as connection:
        connection.send(build_request("/big.bin"))
        return connection.read_digest(connection.read_head().content_length)


def rest_of_body(connection):
    """The digest of a body of which `unread` holds the beginning."""
    return connection.read_digest(SIZE)


@contextlib.contextmanager
def dripping(connections):
    """Reads a little of each connection again and again, beside what the caller does."""
    stop = threading.Event()

    def drip():
        while not stop.wait(0.02):
            for connection in connections:
                connection.unread += connection.socket.recv(2048)

    dripper = Later(drip)
    yield
    stop.set()
    dripper.result()


@pytest.mark.limit(90)
def test_a_fast_reader_beside_two_hundred_slow_ones(slow_server, stalled, content):
    expected = sha256(content)
    with dripping(stalled[:DRIPPING]):
        for _ in range(3):
            assert Later(download, slow_server).result(timeout=30) == expected
        assert together(lambda _: download(slow_server), range(4)) == [expected] * 4
        assert thread_count(slow_server.pid) < THREAD_LIMIT
        assert pipe_count(slow_server.pid) < PIPE_LIMIT


@pytest.mark.limit(90)
def test_stalled_readers_hold_neither_threads_nor_pipes(slow_server, stalled):
    wait_until(lambda: bytes_in_pipes(slow_server.pid) == 0, "the pipes to be empty")
    assert thread_count(slow_server.pid) < THREAD_LIMIT
    assert pipe_count(slow_server.pid) < PIPE_LIMIT


@pytest.mark.limit(90)
def test_stalled_readers_go_on_where_they_were(slow_server, stalled, content):
    wait_until(lambda: bytes_in_pipes(slow_server.pid) == 0, "the pipes to be empty")
    chosen = stalled[::READERS // 8]
    assert together(rest_of_body, chosen) == [sha256(content)] * len(chosen)


@pytest.mark.skipif(SANITIZED, reason="sanitizers need memory of their own")
def test_stalled_readers_take_little_memory(slow_server, stalled):
    assert resident_mib(slow_server.pid) < 32


def test_a_reader_of_one_byte_at_a_time(slow_server, content):
    with slow_server.connect(receive_buffer=4096) as connection:
        connection.send(build_request("/big.bin"))
        head = connection.read_head()
        received = bytes(connection.unread)
        for _ in range(5000):
            received += connection.socket.recv(1)
        assert head.content_length == SIZE
        assert received == content[:len(received)]
