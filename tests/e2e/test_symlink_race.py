"""A name that flips between inside and outside faster than anybody could check it."""

import os

import pytest

from support.client import build_request
from support.process import descriptor_counts
from support.tree import SECRET, write
from support.waiting import Later, wait_until

SWAPS = 20_000
RESPONSES = 2_000
BATCH = 20
INSIDE = b"inside, where everybody may look\n"


def link(path, target):
    """Makes `path` a link in one step, whatever it was before."""
    temporary = path.with_name("." + path.name)
    os.symlink(target, temporary)
    os.rename(temporary, path)


def regular_file(path, _):
    temporary = path.with_name("." + path.name)
    os.link(path.with_name("inside.txt"), temporary)
    os.rename(temporary, path)


RACES = {
    "a link to a file": ("flip", link, "inside.txt", link, "../secret.txt"),
    "an absolute link": ("flip", link, "inside.txt", link, "/etc/passwd"),
    "a link to a directory": ("flip/file.txt", link, "inside", link, "../outside"),
    "a link to a link": ("alias", link, "inside.txt", link, "../secret.txt"),
    "a file and a link": ("flip", regular_file, None, link, "../secret.txt"),
}


@pytest.fixture
def base(directory):
    root = directory / "root"
    write(directory / "secret.txt", SECRET)
    write(directory / "outside" / "file.txt", SECRET)
    write(root / "inside.txt", INSIDE)
    write(root / "inside" / "file.txt", INSIDE)
    (root / "alias").symlink_to("flip")
    return directory


def read_until(server, target, stopped):
    """Statuses of batches of pipelined requests until `stopped()`, which is asked in between."""
    statuses = []
    connection = server.connect()
    while not stopped(len(statuses)):
        connection.send(build_request("/" + target) * BATCH)
        for _ in range(BATCH):
            response = connection.read_response()
            if response.status == 200:
                assert response.body == INSIDE
            else:
                assert response.status in (403, 404)
                assert SECRET not in response.body and b"root:x" not in response.body
            statuses.append(response.status)
    connection.close()
    return statuses


@pytest.mark.parametrize("race", RACES)
def test_no_foreign_byte(start, base, race):
    target, make_inside, inside, make_outside, outside = RACES[race]
    flip = base / "root" / "flip"
    make_inside(flip, inside)
    server = start(base / "root")
    swaps = 0

    def stopped(responses):
        return responses >= RESPONSES and swaps >= SWAPS

    readers = [Later(read_until, server, target, stopped) for _ in range(2)]
    while any(reader.thread.is_alive() for reader in readers):
        make_outside(flip, outside)
        make_inside(flip, inside)
        swaps += 2
    statuses = [status for reader in readers for status in reader.result()]
    assert statuses.count(200) > 10, "the race was never inside"
    make_outside(flip, outside)
    wait_until(lambda: server.get("/" + target).status in (403, 404), "the link to be refused")
    wait_until(lambda: descriptor_counts(server.pid)["files"] < 20, "files to be closed")
