"""Clients that wait for the server's deadlines, all at the same time.

Each scenario returns what its test asserts. They start with the session and run beside the other
tests, so that even the 60 s of an idle connection cost the suite next to nothing.
"""

import select
import socket
import time

from support.client import build_request
from support.process import tcp_state
from support.waiting import Later

BIG_BYTES = 32 << 20
ESTABLISHED = "01"
PATIENCE_SECONDS = 100


def seconds_until_close(connection, start, keep_busy=lambda: None):
    """How long the server keeps the connection, and what it says before it closes.

    `start` is from before the server's clock can run: a pause then makes the time longer only.
    """
    received = b""
    while time.monotonic() - start < PATIENCE_SECONDS:
        try:
            if select.select([connection.socket], [], [], 0.25)[0]:
                data = connection.socket.recv(65536)
                if not data:
                    return time.monotonic() - start, received
                received += data
            else:
                keep_busy()
        except (BrokenPipeError, ConnectionResetError):
            return time.monotonic() - start, received
    raise AssertionError(f"still open after {PATIENCE_SECONDS} s")


def silent(server):
    start = time.monotonic()
    with server.connect() as connection:
        return seconds_until_close(connection, start)


def half_a_head(server):
    with server.connect() as connection:
        start = time.monotonic()
        connection.send(b"GET / HTTP/1.1\r\nHost: slu")
        return seconds_until_close(connection, start)


def dripping_head(server):
    """Never pauses, and never comes to an end either."""
    with server.connect() as connection:
        start = time.monotonic()
        connection.send(b"GET / HTTP/1.1\r\nHost: sluice.test\r\nDrip: ")
        return seconds_until_close(connection, start, lambda: connection.send(b"x"))


def idle(server):
    with server.connect() as connection:
        start = time.monotonic()
        connection.ask("/index.html")
        return seconds_until_close(connection, start)


def idle_for_45_seconds(server):
    with server.connect() as connection:
        connection.ask("/index.html")
        time.sleep(45)
        return connection.ask("/index.html")


def stalled_reader(server):
    """How long the server's end stays open while the client reads nothing.

    The kernel is asked, because a client that does not read cannot see the end either.
    """
    with server.connect(receive_buffer=64 * 1024) as connection:
        start = time.monotonic()
        connection.send(build_request("/big.bin"))
        connection.read_head()
        client_port = connection.socket.getsockname()[1]
        while tcp_state(server.port, client_port) == ESTABLISHED:
            if time.monotonic() - start > PATIENCE_SECONDS:
                raise AssertionError("a stalled reader is kept for ever")
            time.sleep(0.25)
        return time.monotonic() - start


def read_slowly(server, bytes_per_second, seconds=45):
    """How many bytes of the body arrive when the client is slow at first and then catches up."""
    with server.connect(receive_buffer=64 * 1024) as connection:
        connection.send(build_request("/big.bin"))
        connection.read_head()
        count = len(connection.unread)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            count += len(connection.socket.recv(bytes_per_second // 4, socket.MSG_WAITALL))
            time.sleep(0.25)
        while count < BIG_BYTES and (data := connection.socket.recv(1 << 20)):
            count += len(data)
        return count


def steady_reader(server):
    return read_slowly(server, 512 * 1024)


def very_slow_reader(server):
    return read_slowly(server, 16 * 1024)


SCENARIOS = (silent, half_a_head, dripping_head, idle, idle_for_45_seconds, stalled_reader,
             steady_reader, very_slow_reader)


class Clocks:
    def __init__(self, start_server, scratch):
        root = scratch / "clocks"
        root.mkdir()
        (root / "index.html").write_bytes(b"index\n")
        with open(root / "big.bin", "wb") as big:
            big.truncate(BIG_BYTES)
        server = start_server(root)
        self.calls = {scenario: Later(scenario, server) for scenario in SCENARIOS}

    def result(self, scenario):
        return self.calls[scenario].result(PATIENCE_SECONDS + 10)
