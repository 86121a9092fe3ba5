"""File data goes from the page cache to the socket without passing through the process.

The tests look at what the server asks of the kernel during a download, because a server that
copied the file would be right in every other respect.
"""

import os

import pytest

from support.client import build_request
from support.process import resident_mib
from support.server import SANITIZED
from support.tracing import DATA_CALLS, trace_calls, trace_ring
from support.tree import noise, sha256, write

SIZE = 64 << 20
# Enough for request and response heads, wake-ups and the like; far below the size of the file.
OVERHEAD_BYTES = 64 * 1024
RING_COPIES = ("READ", "READV", "READ_FIXED", "READ_MULTISHOT", "WRITE", "WRITEV", "WRITE_FIXED",
               "SEND", "SENDMSG", "SEND_ZC", "SENDMSG_ZC", "READV_FIXED", "WRITEV_FIXED")


@pytest.fixture(scope="module")
def content():
    return noise(SIZE)


@pytest.fixture
def traced_server(start, directory, content):
    write(directory / "big.bin", content)
    write(directory / "small.txt", b"small")
    server = start(directory)
    assert server.get("/small.txt").body == b"small"
    return server


@pytest.mark.parametrize("temperature", ["cold", "warm"])
def test_the_ring_reads_nothing(traced_server, content, directory, temperature):
    if temperature == "cold":
        drop_from_memory(directory / "big.bin")
    with trace_ring(traced_server.pid) as ring:
        assert sha256(traced_server.get("/big.bin").body) == sha256(content)
    if temperature == "warm":
        assert ring.bytes["SPLICE"] < SIZE, ring.bytes  # that was done at once
    check_nothing_is_read(ring)


def test_the_ring_splices_what_it_is_told_to(start, directory, content):
    write(directory / "big.bin", content)
    server = start(directory, "--transfer=ring-splice")
    with trace_ring(server.pid) as ring:
        assert sha256(server.get("/big.bin").body) == sha256(content)
    assert ring.bytes["SPLICE"] >= SIZE, ring.bytes
    check_nothing_is_read(ring)


def check_nothing_is_read(ring):
    assert sum(ring.bytes[opcode] for opcode in RING_COPIES) < OVERHEAD_BYTES, ring.bytes
    assert all(ring.counts[opcode] == 0 for opcode in RING_COPIES if opcode.startswith("READ")), \
        ring.counts


def drop_from_memory(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("path, carrier", [("/big.bin", "splice"), ("/medium.bin", "sendfile")])
def test_no_system_call_carries_file_data(traced_server, directory, content, tmp_path, path,
                                          carrier):
    expected = content if path == "/big.bin" else content[:100_000]
    write(directory / "medium.bin", content[:100_000])
    with traced_server.connect() as connection:
        fetch(connection, path)  # in the page cache from now on
        fetch(connection, "/big.bin")  # but no longer in the processor's, which would be mapped
        with trace_calls(traced_server.pid, tmp_path / "strace.txt") as moved:
            assert fetch(connection, path) == sha256(expected)
    assert moved[carrier] >= len(expected), moved
    assert sum(moved[call] for call in DATA_CALLS) < OVERHEAD_BYTES, moved
    assert moved["mmap"] < 1 << 20, moved


def test_a_small_file_leaves_with_its_head_in_one_call(start_configured, directory, tmp_path):
    """From a mapping, which the process itself does not look at."""
    body = noise(20_000)
    write(directory / "page.html", body)
    # That it was just sent is remembered while it is open.
    server = start_configured("[server]\nlimits.open_file_ttl_ms = 600_000\n"
                              f'[[site]]\nroot = "{directory}"\n', tmp_path)
    with server.connect() as connection:
        assert fetch(connection, "/page.html") == sha256(body)
        with trace_calls(server.pid, tmp_path / "strace.txt") as moved:
            assert fetch(connection, "/page.html") == sha256(body)
    assert moved["sendmsg"] > len(body), moved
    others = [call for call in DATA_CALLS if call != "sendmsg"]
    assert sum(moved[call] for call in others) < 200, moved


def fetch(connection, path):
    connection.send(build_request(path))
    return connection.read_digest(connection.read_head().content_length)


@pytest.mark.skipif(SANITIZED, reason="sanitizers need memory of their own")
def test_a_download_takes_no_memory(traced_server, content):
    before = resident_mib(traced_server.pid)
    assert sha256(traced_server.get("/big.bin").body) == sha256(content)
    assert resident_mib(traced_server.pid) - before < 2


def test_the_ring_trace_sees_requests(traced_server):
    """A trace that saw nothing would prove nothing: each request must show up in it."""
    with trace_ring(traced_server.pid) as ring:
        for _ in range(20):
            assert traced_server.get("/small.txt").body == b"small"
    assert sum(ring.counts.values()) >= 20, ring.counts
