"""Files that cannot be sent as asked: right bytes by another way, and a counter that says why."""

from pathlib import Path

import pytest

from support.client import build_request

# Read by a call of its own, so that no splice(2) and no mmap(2) gets at it; but with a size.
UNSPLICEABLE = Path("/proc/config.gz")
# Says that it has a page, and has less.
SHORTER = Path("/sys/kernel/mm/transparent_hugepage/enabled")
ROUTES = ["auto", "sendfile", "splice", "ring-splice", "mapped", "zero-copy-send"]
MAPS = {"auto", "mapped", "zero-copy-send"}


def start_beside(start, file, route):
    if not file.exists() or file.stat().st_size == 0:
        pytest.skip(f"{file} is not here")
    return start(file.parent, f"--transfer={route}")


@pytest.mark.parametrize("route", ROUTES)
def test_a_file_that_nothing_but_reading_gets_at(start, route):
    server = start_beside(start, UNSPLICEABLE, route)
    content = UNSPLICEABLE.read_bytes()
    assert server.get(f"/{UNSPLICEABLE.name}").body == content
    part = server.get(f"/{UNSPLICEABLE.name}", fields=[("Range", "bytes=1000-1999")])
    assert (part.status, part.body) == (206, content[1000:2000])
    transfer = server.stats()["transfer"]
    assert transfer["fallbacks"]["not-spliceable"] == 2
    assert (transfer["fallbacks"]["not-mappable"] > 0) == (route in MAPS)
    assert transfer["copied_body_bytes"] == len(content) + 1000
    assert transfer["routes"]["copy"] == {"transfers": 0, "bytes": len(content) + 1000}
    assert transfer["pipes_in_use"] == 0


@pytest.mark.parametrize("route", ["copy", *ROUTES])
def test_a_file_that_is_shorter_than_it_says(start, route):
    server = start_beside(start, SHORTER, route)
    content = SHORTER.read_bytes()
    with server.connect() as connection:
        connection.send(build_request(f"/{SHORTER.name}"))
        _, _, received = connection.read_rest().partition(b"\r\n\r\n")
    assert content.startswith(received)
    assert len(received) < SHORTER.stat().st_size
    stats = server.stats()
    assert stats["responses_aborted"] == 1
    assert (stats["transfer"]["fallbacks"]["not-mappable"] > 0) == (route in MAPS)
