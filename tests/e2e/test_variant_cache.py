"""The directory of the variants that the server has made: over restarts, and in trouble."""

import contextlib
import signal
import stat
import tempfile

import pytest

from support.compression import (CODINGS, CONFIGURATION, EXTENSIONS, ask, await_variant,
                                 cached_files, content_of, make, text)
from support.privileges import unprivileged_prefix
from support.tree import noise
from support.waiting import wait_until


def test_a_restart_finds_what_was_made(start_configured, directory):
    (directory / "root").mkdir()
    contents = {f"kept-{number}.txt": text(10_000, number) for number in range(5)}
    for name, content in contents.items():
        make(directory / "root", name, content)
    server = start_configured(CONFIGURATION, directory)
    for name, content in contents.items():
        for coding in CODINGS:
            await_variant(server, name, coding, content)
    server.stop()
    made = cached_files(directory)
    assert len(made) == len(contents) * len(CODINGS)
    server = start_configured(CONFIGURATION, directory)
    for name, content in contents.items():
        for coding in CODINGS:  # at once, and not after a while
            response = ask(server, name, coding)
            assert response.field("content-encoding") == coding
            assert content_of(response) == content
    assert cached_files(directory) == made, "made again"


def test_the_cache_may_be_emptied(start_configured, directory):
    make(directory / "root", "emptied.txt", content := text(20_000, 13))
    server = start_configured(CONFIGURATION, directory)
    for coding in CODINGS:
        await_variant(server, "emptied.txt", coding, content)
    for path in cached_files(directory):
        (directory / "cache" / path).unlink()
    assert content_of(ask(server, "emptied.txt", "gzip")) == content
    await_variant(server, "emptied.txt", "gzip", content)


def test_the_cache_is_nobody_elses(start_configured, directory):
    (directory / "root").mkdir()
    start_configured(CONFIGURATION, directory)
    assert stat.S_IMODE((directory / "cache").stat().st_mode) == 0o700


def block_with_a_file(directory):
    (directory / "cache").write_bytes(b"in the way")


def open_to_others(directory):
    (directory / "cache").mkdir()
    (directory / "cache").chmod(0o777)


OBSTACLES = {"a file in its place": block_with_a_file, "open to others": open_to_others}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_a_cache_that_cannot_be_used(start_configured, directory, obstacle):
    """Serving goes on, and the operator is told."""
    make(directory / "root", "page.html", content := text(20_000))
    OBSTACLES[obstacle](directory)
    server = start_configured(CONFIGURATION, directory)
    for _ in range(5):
        response = ask(server, "page.html", "gzip")
        assert (response.status, response.body) == (200, content)
    assert str(directory / "cache") in server.complaints()


def test_a_cache_that_cannot_be_written(start_configured, directory):
    prefix = unprivileged_prefix()
    make(directory / "root", "page.html", content := text(20_000))
    (directory / "closed").mkdir(mode=0o555)
    server = start_configured(CONFIGURATION.replace('"cache"', '"closed/cache"'), directory,
                              prefix=prefix)
    for _ in range(5):
        response = ask(server, "page.html", "gzip")
        assert (response.status, response.body) == (200, content)
    assert str(directory / "closed/cache") in server.complaints()


@pytest.fixture
def cache_in_memory(directory):
    """Where it costs nothing that each variant waits for its disk."""
    with tempfile.TemporaryDirectory(prefix="sluice-", dir="/dev/shm") as place:
        (directory / "cache").symlink_to(place)
        yield


def limited(limit):
    return CONFIGURATION.replace("[[site]]", f"limits.{limit}\n\n[[site]]", 1)


@pytest.mark.usefixtures("cache_in_memory")
def test_more_work_than_may_wait(start_configured, directory):
    """What was turned away is made when it is asked for again."""
    contents = {f"many-{number}.txt": text(3000, number) for number in range(30)}
    for name, content in contents.items():
        make(directory / "root", name, content)
    server = start_configured(limited("background_queue_count = 1"), directory)
    for name, content in contents.items():
        assert content_of(ask(server, name, "gzip")) == content
    for name, content in contents.items():
        await_variant(server, name, "gzip", content)


@pytest.mark.usefixtures("cache_in_memory")
def test_the_cache_has_a_bound(start_configured, directory):
    """In whole blocks, as on a disk. Old variants go, and are made again when they are wanted."""
    most_bytes, block_bytes = 64 * 1024, 4096
    contents = {f"bound-{number}.txt": text(4000, number) for number in range(12)}
    for name, content in contents.items():
        make(directory / "root", name, content)
    server = start_configured(limited(f"cache_bytes = {most_bytes}"), directory)

    def cached_bytes():
        total = 0
        for path in cached_files(directory):
            if path.suffix in EXTENSIONS.values():
                with contextlib.suppress(FileNotFoundError):  # it has just been made to go
                    size = (directory / "cache" / path).stat().st_size
                    total += -(-size // block_bytes) * block_bytes
        return total

    for name, content in [*contents.items(), *contents.items()]:
        await_variant(server, name, "gzip", content)
        wait_until(lambda: cached_bytes() <= most_bytes, "old variants to go")
    assert cached_bytes() > most_bytes / 2


def test_what_a_killed_server_leaves_is_removed(start_configured, directory):
    make(directory / "root", "long.txt", content := noise(1 << 20).hex().encode() * 4)
    make(directory / "root", "short.txt", short := text(4000))
    server = start_configured(CONFIGURATION, directory)
    ask(server, "long.txt", "br", method="HEAD")
    unfinished = wait_until(lambda: cached_files(directory), "work to begin", every=0.001)
    server.signal(signal.SIGKILL)
    server.finish(statuses=(-signal.SIGKILL,))
    server = start_configured(CONFIGURATION, directory)
    await_variant(server, "short.txt", "br", short)
    left = cached_files(directory)
    assert all(path.suffix in EXTENSIONS.values() for path in left), (unfinished, left)
    with server.connect() as connection:
        response = connection.ask("/long.txt", fields=[("Accept-Encoding", "br")], host="on.test")
    assert content_of(response) == content


def test_a_server_that_ends_does_not_finish_its_work(start_configured, directory):
    make(directory / "root", "long.txt", noise(1 << 20).hex().encode() * 30)
    server = start_configured(CONFIGURATION, directory)
    ask(server, "long.txt", "br", method="HEAD")
    wait_until(lambda: cached_files(directory), "work to begin", every=0.001)
    server.stop()
    assert not any(path.name.startswith(".new-") or path.suffix == ".br"
                   for path in cached_files(directory)), "half a variant"
