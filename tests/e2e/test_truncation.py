"""Files that change while they are sent: the exact bytes of one file, or a broken connection."""

import os

import pytest

from support.client import build_request
from support.tree import noise, write
from support.waiting import wait_until

SIZE = 64 << 20
# More than the sockets of both sides hold, and on a page boundary: the kernel clears the rest of
# the last page, which may be on its way to the client already.
KEPT = 16 << 20


@pytest.fixture(scope="module")
def content():
    return noise(SIZE)


@pytest.fixture
def file(directory, content):
    write(directory / "small.txt", b"small")
    return write(directory / "big.bin", content)


@pytest.fixture
def changing_server(start, file):
    return start(file.parent)


def ask_and_stall(server, target="/big.bin"):
    connection = server.connect(receive_buffer=64 * 1024)
    connection.send(build_request(target))
    assert connection.read_head().content_length == SIZE
    return connection


def check_aborted(connection, content, at_most):
    """What came is the beginning of the old file, and the end came too early."""
    received = connection.read_rest()
    assert len(received) <= at_most < SIZE
    assert received == content[:len(received)]


@pytest.mark.parametrize("kept", [KEPT, KEPT + 4096, SIZE - 4096])
def test_a_file_that_shrinks(changing_server, file, content, kept):
    with ask_and_stall(changing_server) as connection:
        os.truncate(file, kept)
        check_aborted(connection, content, kept)
    assert changing_server.get("/small.txt").body == b"small"
    assert changing_server.get("/big.bin").content_length == kept


def test_a_file_that_shrinks_to_nothing(changing_server, file, content):
    with ask_and_stall(changing_server) as connection:
        os.truncate(file, 0)
        check_aborted(connection, content, KEPT)
    wait_until(lambda: changing_server.get("/big.bin").content_length == 0, "the new length")


def test_many_clients_of_a_file_that_shrinks(changing_server, file, content):
    connections = [ask_and_stall(changing_server) for _ in range(20)]
    os.truncate(file, KEPT)
    for connection in connections:
        check_aborted(connection, content, KEPT)
        connection.close()
    assert changing_server.get("/small.txt").body == b"small"


def test_nothing_pipelined_follows_an_aborted_response(changing_server, file, content):
    """Its head would be taken for the missing bytes."""
    with changing_server.connect(receive_buffer=64 * 1024) as connection:
        connection.send(build_request("/big.bin") + build_request("/small.txt") * 100)
        connection.read_head()
        os.truncate(file, KEPT)
        check_aborted(connection, content, KEPT)


def test_a_file_that_is_replaced_is_sent_whole(changing_server, file, content):
    with ask_and_stall(changing_server) as connection:
        new = write(file.with_name("new.bin"), b"new")
        os.rename(new, file)
        wait_until(lambda: changing_server.get("/big.bin").body == b"new", "the new file")
        assert connection.read_exactly(SIZE) == content
        assert connection.ask("/small.txt").body == b"small"


def test_a_file_that_is_removed_is_sent_whole(changing_server, file, content):
    with ask_and_stall(changing_server) as connection:
        file.unlink()
        wait_until(lambda: changing_server.get("/big.bin").status == 404, "the file to be gone")
        assert connection.read_exactly(SIZE) == content
        assert connection.ask("/small.txt").body == b"small"


def test_a_file_that_grows_is_sent_at_its_old_length(changing_server, file, content):
    with ask_and_stall(changing_server) as connection:
        with open(file, "ab") as appended:
            appended.write(b"more" * 1000)
        assert connection.read_exactly(SIZE) == content
        assert connection.ask("/small.txt").body == b"small"


def test_a_range_of_a_file_that_shrinks(changing_server, file, content):
    first = 8 << 20
    with changing_server.connect(receive_buffer=64 * 1024) as connection:
        connection.send(build_request("/big.bin", fields=[("Range", f"bytes={first}-")]))
        assert connection.read_head().status == 206
        os.truncate(file, KEPT + first)
        received = connection.read_rest()
    assert len(received) <= KEPT
    assert received == content[first:first + len(received)]
