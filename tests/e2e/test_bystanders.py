"""What a server does to those around it: none of their affairs suffer from a request."""

import os
import signal
import subprocess
import time

import pytest

from support.client import Connection, build_request
from support.server import BINARY
from support.tree import noise, write
from support.waiting import wait_until


def test_who_waits_to_write_to_a_fifo_goes_on_waiting(start, directory):
    os.mkfifo(directory / "fifo")
    server = start(directory)
    writer = subprocess.Popen(["sh", "-c", 'echo message > "$0"', str(directory / "fifo")])
    try:
        time.sleep(0.2)
        assert [server.get("/fifo").status for _ in range(3)] == [404] * 3
        time.sleep(0.2)
        assert writer.poll() is None
        with open(directory / "fifo", encoding="ascii") as reader:
            assert reader.read() == "message\n"
        assert writer.wait(timeout=30) == 0
    finally:
        writer.kill()
        writer.wait()


def test_a_fifo_that_may_not_be_read_is_not_there(start, directory):
    os.mkfifo(directory / "fifo", 0)
    assert start(directory).get("/fifo").status == 404


@pytest.mark.parametrize("broken", ["no reader", "full"])
def test_a_standard_error_that_takes_nothing(directory, broken):
    """A line for the operator is due for a response that is cut off; it must not end the server."""
    file = write(directory / "big.bin", noise(32 << 20))
    write(directory / "small.txt", b"small")
    reading, writing = os.pipe()
    if broken == "full":
        os.set_blocking(writing, False)
        while True:
            try:
                os.write(writing, b"x" * 65536)
            except BlockingIOError:
                break
        os.set_blocking(writing, True)
    else:
        os.close(reading)
    process = subprocess.Popen([BINARY, "serve", str(directory), "--listen", "127.0.0.1:0"],
                               stdout=subprocess.PIPE, stderr=writing)
    try:
        port = int(process.stdout.readline().decode().rsplit(":", 1)[1])
        for _ in range(3):
            os.truncate(file, 32 << 20)
            check_cut_off(port, file)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        os.close(writing)
        if broken == "full":
            os.close(reading)


def check_cut_off(port, file):
    with Connection(("127.0.0.1", port), receive_buffer=64 * 1024) as connection:
        connection.send(build_request("/big.bin"))
        size = connection.read_head().content_length
        os.truncate(file, 4096)
        assert len(connection.read_rest()) < size
    with Connection(("127.0.0.1", port)) as connection:
        assert connection.ask("/small.txt").body == b"small"


def test_a_removed_file_gives_its_space_back(start, directory):
    file = write(directory / "gone.bin", b"gone")
    server = start(directory)
    assert server.get("/gone.bin").body == b"gone"
    file.unlink()
    descriptors = f"/proc/{server.pid}/fd"

    def held():
        links = []
        for name in os.listdir(descriptors):
            try:
                links.append(os.readlink(f"{descriptors}/{name}"))
            except FileNotFoundError:
                pass
        return any("gone.bin" in link for link in links)

    wait_until(lambda: not held(), "the removed file to be closed")
