"""A name that flips between inside and outside faster than anybody could check it."""

import os

import pytest

from support.client import build_request
from support.exchange import exchange
from support.process import descriptor_counts
from support.tree import SECRET, write
from support.waiting import Later, wait_until

SWAPS = 100_000
SWAPS_AT_ONCE = 20_000  # an even number: what is inside in the end is inside again
RESPONSES = 2_000
READERS = 2
BATCH = 20
INSIDE = b"inside, where everybody may look\n"
FOREIGN = [SECRET, b"root:x"]

# What is below a directory is remembered for a moment when the directory is renamed: a short one.
CONFIGURATION = """
[server]
limits.open_file_ttl_ms = 1

[[site]]
root = "root"
symlinks = "%s"
"""


def link_to(target):
    return lambda path: os.symlink(target, path)


def regular_file(path):
    path.write_bytes(INSIDE)


def directory(path):
    write(path / "file.txt", INSIDE)


# Symbolic links that are followed, what is asked for, and what "flip" is in turn.
RACES = {
    "a link to a file":
        ("beneath", "flip", link_to("inside.txt"), link_to("../secret.txt")),
    "an absolute link":
        ("beneath", "flip", link_to("inside.txt"), link_to("/etc/passwd")),
    "a link to a directory":
        ("beneath", "flip/file.txt", link_to("inside"), link_to("../outside")),
    "a link to a link":
        ("beneath", "alias", link_to("inside.txt"), link_to("../secret.txt")),
    "a file and a link":
        ("beneath", "flip", regular_file, link_to("../secret.txt")),
    "a directory and a link":
        ("beneath", "flip/file.txt", directory, link_to("../outside")),
    "a file and a link, and none is followed":
        ("none", "flip", regular_file, link_to("linked.txt")),
}


@pytest.fixture
def base(directory):
    root = directory / "root"
    write(directory / "secret.txt", SECRET)
    write(directory / "outside" / "file.txt", SECRET)
    write(root / "inside.txt", INSIDE)
    write(root / "inside" / "file.txt", INSIDE)
    write(root / "linked.txt", SECRET)
    (root / "alias").symlink_to("flip")
    return directory


def read_until(server, target, stopped):
    """Statuses of batches of pipelined requests until `stopped()`, which is asked in between."""
    statuses = []
    with server.connect() as connection:
        while not stopped(len(statuses)):
            connection.send(build_request("/" + target) * BATCH)
            for _ in range(BATCH):
                response = connection.read_response()
                if response.status == 200:
                    assert response.body == INSIDE
                else:
                    assert response.status in (403, 404)
                    assert not any(foreign in response.body for foreign in FOREIGN)
                statuses.append(response.status)
    return statuses


@pytest.mark.limit(120)
@pytest.mark.parametrize("race", RACES)
def test_no_foreign_byte(start_configured, base, race):
    policy, target, make_inside, make_outside = RACES[race]
    flip, flop = base / "root" / "flip", base / "root" / ".flop"
    make_inside(flip)
    make_outside(flop)
    server = start_configured(CONFIGURATION % policy, base)
    swaps = 0

    def stopped(responses):
        return responses >= RESPONSES and swaps >= SWAPS

    readers = [Later(read_until, server, target, stopped) for _ in range(READERS)]
    while any(reader.thread.is_alive() for reader in readers):
        exchange(flip, flop, SWAPS_AT_ONCE)
        swaps += SWAPS_AT_ONCE
    statuses = [status for reader in readers for status in reader.result()]
    assert statuses.count(200) > 10, "the race was never inside"
    assert len(statuses) - statuses.count(200) > 10, "the race was never outside"
    exchange(flip, flop, 1)
    wait_until(lambda: server.get("/" + target).status in (403, 404), "the link to be refused")
    wait_until(lambda: descriptor_counts(server.pid)["files"] < 20, "files to be closed")
