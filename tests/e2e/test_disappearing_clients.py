"""Clients that vanish leave nothing behind."""

import random

import pytest

from support.client import build_request
from support.process import bytes_in_pipes, descriptor_counts, pipe_count, resident_mib
from support.server import SANITIZED
from support.tree import noise, sha256, write
from support.waiting import wait_until

SIZE = 16 << 20
CLIENTS = 1000
BATCH = 20


@pytest.fixture(scope="module")
def root(new_directory):
    root = new_directory()
    write(root / "big.bin", noise(SIZE))
    write(root / "small.txt", b"small")
    return root


def read_some(connection, chance):
    wanted = chance.choice([1, 1000, 100_000])
    while len(connection.unread) < wanted:
        connection.receive()


def vanish(connections, chance, whens, hows):
    """Each connection goes at a moment and in a way of its own."""
    for connection in connections:
        when = chance.choice(whens)
        request = build_request("/big.bin")
        connection.send(request[:20] if when == "in the request" else request * 3)
        if when == "in the body":
            read_some(connection, chance)
    for connection in connections:
        connection.reset() if chance.choice(hows) == "reset" else connection.close()


def settle(server, before):
    """Waits until the server holds as many descriptors as before."""
    def settled():
        now = descriptor_counts(server.pid)
        return now["sockets"] <= before["sockets"] and now["files"] <= before["files"]

    wait_until(settled, f"descriptors to be as before: {before}")
    wait_until(lambda: bytes_in_pipes(server.pid) == 0, "the pipes to be empty")


WAYS = {
    "close": (["in the body"], ["close"]),
    "reset": (["in the body"], ["reset"]),
    "mixed": (["in the body", "at once", "in the request"], ["close", "reset"]),
}


@pytest.mark.limit(120)
@pytest.mark.parametrize("way", WAYS)
def test_a_thousand_clients_vanish(start, root, way):
    server = start(root)
    server.get("/small.txt")
    before = descriptor_counts(server.pid)
    chance = random.Random(way)
    whens, hows = WAYS[way]
    vanish([server.connect() for _ in range(BATCH)], chance, whens, hows)
    settle(server, before)
    pipes, memory = pipe_count(server.pid), resident_mib(server.pid)
    for _ in range(CLIENTS // BATCH):
        vanish([server.connect() for _ in range(BATCH)], chance, whens, hows)
    settle(server, before)
    wait_until(lambda: pipe_count(server.pid) <= max(pipes, 2 * BATCH), "spare pipes to go")
    assert SANITIZED or resident_mib(server.pid) < memory + 16
    assert sha256(server.get("/big.bin").body) == sha256(noise(SIZE))


def test_what_one_client_leaves_does_not_reach_another(start, root):
    """Bytes forgotten in a pipe would come out in somebody else's response."""
    marked = write(root / "marked.bin", b"M" * SIZE)
    other = write(root / "other.bin", b"O" * 300_000)
    server = start(root, "--threads", "1")
    chance = random.Random(7)
    for _ in range(50):
        connections = [server.connect(receive_buffer=16 * 1024) for _ in range(4)]
        for connection in connections:
            connection.send(build_request("/" + marked.name))
            read_some(connection, chance)
        for connection in connections:
            connection.reset()
        assert server.get("/" + other.name).body == b"O" * 300_000


def test_clients_that_connect_and_say_nothing(start, root):
    server = start(root)
    server.get("/small.txt")
    before = descriptor_counts(server.pid)
    for _ in range(20):
        for number, connection in enumerate([server.connect() for _ in range(50)]):
            connection.reset() if number % 2 else connection.close()
    settle(server, before)
    assert server.get("/small.txt").body == b"small"
