"""Pipes are few: who does not read holds none, and without them bodies travel otherwise."""

import contextlib
import os
import resource

import pytest

from support.client import build_request
from support.privileges import AS_NOBODY, unprivileged_prefix
from support.process import bytes_in_pipes, pipe_count
from support.server import SANITIZED
from support.tree import noise, sha256, write
from support.waiting import together, wait_until

SIZE = 4 << 20
READERS = 500 if SANITIZED else 2000
F_SETPIPE_SZ = 1031


@pytest.fixture(scope="module")
def content():
    return noise(SIZE)


@pytest.fixture
def root(directory, content):
    write(directory / "big.bin", content)
    return directory


@pytest.mark.limit(120)
def test_two_thousand_stalled_readers_hold_no_pipe(start_configured, new_directory, root, content):
    # The first one stalls for as long as it takes to begin with all of them.
    server = start_configured("[server]\nthreads = 1\n"
                              "limits.send_progress_timeout_ms = 600_000\n"
                              f'[[site]]\nroot = "{root}"\ntransfer = "splice"\n', new_directory())
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(server.connect(receive_buffer=4096))
                   for _ in range(READERS)]
        for reader in readers:
            reader.send(build_request("/big.bin"))
        for reader in readers:
            assert reader.read_head().content_length == SIZE
        wait_until(lambda: server.stats()["transfer"]["pipes_in_use"] == 0, "no pipe to be in use")
        wait_until(lambda: bytes_in_pipes(server.pid) == 0, "the pipes to be empty")
        assert pipe_count(server.pid) <= 2 * 64 + 4
        assert sha256(server.get("/big.bin").body) == sha256(content)
        chosen = readers[::READERS // 10]
        assert together(lambda reader: reader.read_digest(SIZE), chosen) == \
            [sha256(content)] * len(chosen)


@contextlib.contextmanager
def exhausted_pipe_pages():
    """Holds as many pages of pipes as an unprivileged user may have (pipe(7))."""
    limit = int(open("/proc/sys/fs/pipe-user-pages-soft").read())
    if limit == 0 or limit > 1 << 16:
        pytest.skip("pipes of users are not limited here")
    ends = []

    def become_nobody_and_fill(writer):
        resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
        os.setgid(65534)
        os.setuid(65534)
        with contextlib.suppress(OSError):
            while True:
                ends.append(os.pipe())
                if len(ends) * 16 >= limit:
                    break
        os.write(writer, b"x")
        os.read(hold[0], 1)
        os._exit(0)

    ready, hold = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hold[1])
        become_nobody_and_fill(ready[1])
    try:
        assert os.read(ready[0], 1) == b"x"
        yield
    finally:
        os.close(hold[1])
        os.waitpid(child, 0)
        for end in (*ready, hold[0]):
            os.close(end)


def test_without_pipe_pages_bytes_are_right_and_the_counter_says_so(start, root, content):
    prefix = unprivileged_prefix()
    if prefix != AS_NOBODY:
        pytest.skip("needs root, to be another user")
    with exhausted_pipe_pages():
        server = start(root, "--threads", 1, "--transfer=splice", prefix=prefix)
        bodies = together(lambda _: server.get("/big.bin").body, range(8))
        assert {sha256(body) for body in bodies} == {sha256(content)}
        stats = server.stats()["transfer"]
    assert stats["fallbacks"]["no-pipe"] >= 8
    assert stats["routes"]["sendfile"]["bytes"] >= 8 * SIZE
