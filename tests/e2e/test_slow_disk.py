"""A disk that does not answer holds up nobody who does not need it."""

import contextlib

import pytest

from support.client import build_request
from support.server import SANITIZED
from support.slow_disk import mounted
from support.tree import noise, sha256, write
from support.waiting import together, wait_until

SIZE = 300_000
COLD_CLIENTS = 64
ROUTES = ["auto", "copy", "sendfile", "splice", "ring-splice", "mapped", "zero-copy-send"]


@pytest.fixture
def disk(directory):
    """A root with a hot file, and "slow", where nothing can be read until `gate` is there."""
    source, root = directory / "source", directory / "root"
    (root / "slow").mkdir(parents=True)
    contents = {f"{number}.bin": noise(SIZE + number, seed=number)
                for number in range(COLD_CLIENTS)}
    for name, content in contents.items():
        write(source / name, content)
    write(root / "hot.txt", b"h" * 1024)
    gate = directory / "gate"
    with mounted(source, root / "slow", gate=gate):
        yield root, contents, gate


@pytest.mark.parametrize("route", ROUTES)
def test_hot_files_are_served_while_every_cold_client_waits(start, disk, route):
    root, contents, gate = disk
    server = start(root, "--threads", 1, "--transfer", route)
    with contextlib.ExitStack() as stack:
        waiting = {}
        for name in contents:
            waiting[name] = stack.enter_context(server.connect())
            waiting[name].send(build_request(f"/slow/{name}"))
        for _ in range(20):
            assert server.get("/hot.txt").body == b"h" * 1024
        gate.touch()
        bodies = together(lambda name: waiting[name].read_response("GET").body, contents)
    assert [sha256(body) for body in bodies] == [sha256(one) for one in contents.values()]


@pytest.mark.skipif(SANITIZED, reason="what is counted is the same, and it is slow")
def test_readers_that_go_away_meanwhile_leave_nothing(start, disk):
    root, contents, gate = disk
    server = start(root, "--threads", 1)
    for name in contents:
        with server.connect() as connection:
            connection.send(build_request(f"/slow/{name}"))
    assert server.get("/hot.txt").status == 200
    gate.touch()
    name = next(iter(contents))
    assert sha256(server.get(f"/slow/{name}").body) == sha256(contents[name])
    wait_until(lambda: server.stats()["transfer"]["pipes_in_use"] == 0, "the pipes to be free")
