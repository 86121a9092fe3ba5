"""Thousands of open connections, each of them usable, none of them expensive."""

import contextlib
import resource

import pytest

from support.client import build_request
from support.process import descriptor_counts, resident_mib, thread_count
from support.server import SANITIZED
from support.waiting import wait_until

CONNECTIONS = 2000


@contextlib.contextmanager
def connections_to(server, count):
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < count + 500:
        pytest.skip("the limit of open files does not allow this many connections")
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(server.connect()) for _ in range(count)]


def ask_all(connections, target, content):
    for connection in connections:
        connection.send(build_request(target))
    for connection in connections:
        assert connection.read_response().body == content


@pytest.mark.limit(90)
def test_two_thousand_idle_connections(server, site):
    server.get("/data.bin")
    before, memory = descriptor_counts(server.pid), resident_mib(server.pid)
    with connections_to(server, CONNECTIONS) as crowd:
        ask_all(crowd, "/hello.txt", b"hello\n")
        assert server.get("/hello.txt").body == b"hello\n"
        assert SANITIZED or resident_mib(server.pid) - memory < 64
        assert thread_count(server.pid) < 64
        ask_all(crowd, "/data.bin", site.contents["/data.bin"])
        ask_all(reversed(crowd), "/hello.txt", b"hello\n")
    wait_until(lambda: descriptor_counts(server.pid)["sockets"] <= before["sockets"],
               "sockets to be closed")


def test_connections_that_come_and_go(server):
    before = descriptor_counts(server.pid)
    for _ in range(CONNECTIONS):
        assert server.get("/hello.txt").body == b"hello\n"
    wait_until(lambda: descriptor_counts(server.pid)["sockets"] <= before["sockets"],
               "sockets to be closed")
