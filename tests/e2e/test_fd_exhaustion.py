"""A server that has run out of descriptors waits, says so and recovers."""

import contextlib
import re
import select
import time

import pytest

from support.client import build_request
from support.process import cpu_seconds
from support.waiting import wait_until

FILE_LIMIT = 64
CLIENTS = 200


@pytest.fixture
def poor_server(start, site):
    return start(site.root, "--threads", "1", prefix=("prlimit", f"--nofile={FILE_LIMIT}"))


def answered(connections):
    """How many have got something to read once nothing more comes, at most 30 s later."""
    waiting = [connection.socket for connection in connections]
    deadline = time.monotonic() + 30
    while waiting and time.monotonic() < deadline:
        ready, _, _ = select.select(waiting, [], [], 1)
        if not ready and len(waiting) < len(connections):
            break
        waiting = [connection for connection in waiting if connection not in ready]
    return len(connections) - len(waiting)


def serves(server):
    try:
        with server.connect(timeout=2) as connection:
            return connection.ask("/hello.txt").body == b"hello\n"
    except OSError:
        return False


@contextlib.contextmanager
def crowd(server):
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(CLIENTS)]
        for connection in connections:
            connection.send(build_request("/hello.txt"))
        yield connections


def test_more_clients_than_descriptors(poor_server):
    with crowd(poor_server) as connections:
        count = answered(connections)
        assert count > 0
        if count < CLIENTS:
            wait_until(lambda: re.search("limit|descriptor|open files", poor_server.complaints()),
                       "a line that says why")
    wait_until(lambda: serves(poor_server), "service after the crowd has gone")


def test_waiting_for_a_descriptor_is_not_spinning(poor_server):
    with crowd(poor_server) as connections:
        answered(connections)
        before = cpu_seconds(poor_server.pid)
        time.sleep(2)
        assert cpu_seconds(poor_server.pid) - before < 1
        assert len(poor_server.complaints()) < 10_000


def test_those_who_wait_get_their_turn(poor_server):
    """Connections in the backlog are served as others go, without anybody asking again."""
    with crowd(poor_server) as connections:
        for connection in connections:
            response = connection.read_response()
            assert (response.status, response.body) == (200, b"hello\n")
            connection.close()


def test_again_and_again(poor_server):
    for _ in range(5):
        with crowd(poor_server) as connections:
            connections[0].read_response()
        wait_until(lambda: serves(poor_server), "service after the crowd has gone")
