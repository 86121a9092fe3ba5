"""What a file took on its disk is free once it is removed or replaced, though it was open for the
next who asks for it."""

import os
import subprocess

import pytest

from support.client import build_request
from support.waiting import wait_until

SIZE = 700_000  # of a disk of a MiB

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system")


@pytest.fixture
def small_disk(new_directory):
    directory = new_directory()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", directory], check=True)
    yield directory
    subprocess.run(["umount", "-l", directory], check=True)


@pytest.fixture
def server(start_configured, new_directory, small_disk):
    """Files stay open for much longer than a test takes."""
    return start_configured("[server]\nthreads = 3\nlimits.open_file_ttl_ms = 600_000\n"
                            f'[[site]]\nroot = "{small_disk}"\nuploads = true\n', new_directory())


def ask(server, method, target, content=b""):
    """On a connection of its own, so that any of the threads may get it."""
    with server.connect() as connection:
        connection.send(build_request(target, method, [("Content-Length", str(len(content)))]))
        connection.send_if_wanted(content)
        return connection.read_response(method)


def put_when_there_is_room(server, target, content, status):
    """A thread that has no processor for a tenth of a second lets go a little later."""
    wait_until(lambda: ask(server, "PUT", target, content).status == status, "room on the disk")


def read_often(server, target):
    """Until every thread is sure to have the file open."""
    for _ in range(50):
        assert len(server.get(target).body) > 0


def test_after_it_was_removed(server):
    for number in range(5):
        put_when_there_is_room(server, f"/{number}", b"x" * SIZE, 201)
        read_often(server, f"/{number}")
        assert ask(server, "DELETE", f"/{number}").status == 204


def test_after_it_was_replaced(server):
    size = SIZE // 2
    assert ask(server, "PUT", "/file", b"x" * size).status == 201
    for number in range(5):
        read_often(server, "/file")
        put_when_there_is_room(server, "/file", b"%d" % number * size, 204)
        assert server.get("/file").body == b"%d" % number * size


def test_but_not_of_a_file_with_another_name(server, small_disk):
    assert ask(server, "PUT", "/file", b"x" * SIZE).status == 201
    os.link(small_disk / "file", small_disk / "again")
    read_often(server, "/again")
    assert ask(server, "DELETE", "/file").status == 204
    assert ask(server, "PUT", "/new", b"x" * SIZE).status == 507
    assert server.get("/again").body == b"x" * SIZE
