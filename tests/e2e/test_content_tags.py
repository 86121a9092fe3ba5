"""Entity tags by content: where they are asked for, and where the modification time says nothing.

Reproducible builds, container images and package stores set all times to 0 or 1.
"""

import email.utils
import os
import re

import pytest

from support.tree import noise, write
from support.waiting import together, wait_until

MOMENTS_THAT_TELL_NOTHING = [0, 1]
STRONG_TAG = re.compile(r'"[\x21\x23-\x7e]+"')
GIB = 1 << 30

CONFIGURATION = """
[[site]]
hosts = ["modified.test"]
root = "root"

[[site]]
hosts = ["content.test"]
root = "root"
etag = "content"

[[site]]
hosts = ["none.test"]
root = "root"
etag = "none"
"""


@pytest.fixture(scope="module")
def base(new_directory):
    base = new_directory()
    (base / "root").mkdir()
    return base


@pytest.fixture(scope="module")
def tag_server(base, start_configured_shared):
    return start_configured_shared(CONFIGURATION, base)


def make(base, name, content, seconds):
    path = write(base / "root" / name, content)
    os.utime(path, (seconds, seconds))
    return path


def ask(server, name, fields=(), host="modified.test", **options):
    return server.get("/" + name, fields=fields, host=host, **options)


def tag_of(server, name, host="modified.test"):
    """A worker without a processor may take longer than the server waits for it."""
    tag = wait_until(lambda: ask(server, name, host=host).field("etag"), "an entity tag")
    assert STRONG_TAG.fullmatch(tag)
    return tag


@pytest.mark.parametrize("seconds", MOMENTS_THAT_TELL_NOTHING)
def test_no_last_modified(base, tag_server, seconds):
    make(base, f"no-date-{seconds}.txt", b"content", seconds)
    tag = tag_of(tag_server, f"no-date-{seconds}.txt")
    response = ask(tag_server, f"no-date-{seconds}.txt")
    assert response.status == 200
    assert response.field("last-modified") is None
    assert response.field("etag") == tag


@pytest.mark.parametrize("seconds", [-1, 2, 86_400])
def test_other_moments_are_dates(base, tag_server, seconds):
    make(base, f"date-{seconds}.txt", b"content", seconds)
    expected = email.utils.formatdate(seconds, usegmt=True)
    assert ask(tag_server, f"date-{seconds}.txt").field("last-modified") == expected


@pytest.mark.parametrize("size", [0, 1, 4096, 100_003, 3 << 20])
def test_equal_content_has_an_equal_tag(base, tag_server, size):
    for name, seconds in (("a.bin", 0), ("b.bin", 1), ("deep/c.bin", 0)):
        make(base, f"{size}/{name}", noise(size), seconds)
    tags = {tag_of(tag_server, f"{size}/{name}") for name in ("a.bin", "b.bin", "deep/c.bin")}
    assert len(tags) == 1 and None not in tags


def test_other_content_of_the_same_size_has_another_tag(base, tag_server):
    for number in range(20):
        make(base, f"sibling-{number}.bin", noise(1000, number), 0)
    assert len({tag_of(tag_server, f"sibling-{number}.bin") for number in range(20)}) == 20


def test_a_bit_in_the_middle_of_a_large_file_matters(base, tag_server):
    content = bytearray(noise(5 << 20))
    make(base, "bits-a.bin", content, 0)
    content[len(content) // 2] ^= 1
    make(base, "bits-b.bin", content, 0)
    assert tag_of(tag_server, "bits-a.bin") != tag_of(tag_server, "bits-b.bin")


@pytest.mark.parametrize("host, seconds", [("modified.test", 0), ("modified.test", 1),
                                           ("content.test", 0), ("content.test", 1_700_000_000)])
@pytest.mark.parametrize("way", ["in place", "by rename"])
def test_new_content_of_the_same_size_and_time(base, tag_server, host, seconds, way):
    """Exactly what tools that set the time back do; only the change time gives it away."""
    name = f"edited-{host}-{seconds}-{way[3:]}.txt"
    path = make(base, name, b"before", seconds)
    before = tag_of(tag_server, name, host)
    if way == "in place":
        with open(path, "r+b") as file:
            file.write(b"behind")
        os.utime(path, (seconds, seconds))
    else:
        make(base, name + ".new", b"behind", seconds).rename(path)
    wait_until(lambda: ask(tag_server, name, host=host).body == b"behind", "the new content")
    after = tag_of(tag_server, name, host)
    assert after not in (before, None)
    response = ask(tag_server, name, [("If-None-Match", before)], host)
    assert (response.status, response.body) == (200, b"behind")
    path.write_bytes(b"before")
    os.utime(path, (seconds, seconds))
    wait_until(lambda: ask(tag_server, name, host=host).body == b"before", "the old content")
    assert tag_of(tag_server, name, host) == before


def test_the_tag_survives_a_restart(base, tag_server, start_configured, directory):
    make(base, "stable.bin", noise(5000), 0)
    other = start_configured(CONFIGURATION.replace('"root"', f'"{base}/root"'), directory)
    tags = {tag_of(server, "stable.bin", host) for server in (tag_server, other)
            for host in ("modified.test", "content.test")}
    assert len(tags) == 1


EARLY, LATE = "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"


@pytest.mark.parametrize("seconds", MOMENTS_THAT_TELL_NOTHING)
@pytest.mark.parametrize("name", ["If-Modified-Since", "If-Unmodified-Since"])
@pytest.mark.parametrize("date", [EARLY, "Thu, 01 Jan 1970 00:00:01 GMT", LATE])
def test_date_conditions_are_ignored(base, tag_server, seconds, name, date):
    make(base, f"dates-{seconds}.txt", b"content", seconds)
    response = ask(tag_server, f"dates-{seconds}.txt", [(name, date)])
    assert (response.status, response.body) == (200, b"content")


def test_conditions_by_the_tag(base, tag_server):
    make(base, "conditions.txt", b"content", 0)
    tag = tag_of(tag_server, "conditions.txt")
    part = ("Range", "bytes=0-2")
    for fields, status in [([("If-None-Match", tag)], 304), ([("If-Match", tag)], 200),
                           ([("If-Match", '"other"')], 412),
                           ([part, ("If-Range", tag)], 206),
                           ([part, ("If-Range", EARLY)], 200),
                           ([("If-None-Match", tag), ("If-Modified-Since", EARLY)], 304)]:
        response = ask(tag_server, "conditions.txt", fields)
        assert response.status == status, fields
        if status == 304:
            assert response.field("etag") == tag
            assert response.field("last-modified") is None


def test_content_as_configured(base, tag_server):
    """Keeps the date, and has the tag that a file without one would have."""
    make(base, "configured.txt", b"content", 1_700_000_000)
    make(base, "configured-0.txt", b"content", 0)
    tag_of(tag_server, "configured.txt", "content.test")
    response = ask(tag_server, "configured.txt", host="content.test")
    assert response.field("last-modified") == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert response.field("etag") == tag_of(tag_server, "configured-0.txt")
    os.utime(base / "root" / "configured.txt", (0, 1_600_000_000))
    wait_until(lambda: ask(tag_server, "configured.txt", host="content.test")
               .field("last-modified") != response.field("last-modified"), "the new date")
    assert tag_of(tag_server, "configured.txt", "content.test") == response.field("etag")


def test_none_as_configured(base, tag_server):
    make(base, "none.txt", b"content", 1_700_000_000)
    date = "Tue, 14 Nov 2023 22:13:20 GMT"
    part = ("Range", "bytes=0-2")
    for fields, status in [([], 200), ([("If-None-Match", '"x"')], 200),
                           ([("If-None-Match", "*")], 304), ([("If-Match", "*")], 200),
                           ([("If-Match", '"x"')], 412), ([("If-Match", '""')], 412),
                           ([("If-None-Match", '""')], 200), ([part], 206),
                           ([part, ("If-Range", '""')], 200), ([part, ("If-Range", date)], 206),
                           ([("If-Modified-Since", date)], 304)]:
        response = ask(tag_server, "none.txt", fields, "none.test")
        assert response.status == status, fields
        assert response.field("etag") is None
        if status in (200, 304):
            assert response.field("last-modified") == date


def test_neither_tag_nor_date(base, tag_server):
    make(base, "nothing.txt", b"content", 0)
    for fields, status in [([], 200), ([("If-Modified-Since", LATE)], 200),
                           ([("If-None-Match", '""')], 200)]:
        response = ask(tag_server, "nothing.txt", fields, "none.test")
        assert response.status == status
        assert response.field("etag") is response.field("last-modified") is None


def test_more_files_at_once_than_are_hashed_at_once(base, start_configured, directory):
    """Nobody is refused a file because its tag is not ready."""
    names = [f"crowd-{number}.bin" for number in range(200)]
    for name in names:
        make(base, name, noise(3000, name), 0)
    text = CONFIGURATION.replace('"root"', f'"{base}/root"')
    server = start_configured("[server.limits]\nbackground_queue_count = 1\n" + text, directory)

    def ask_for(name):
        return ask(server, name)

    for name, response in zip(names, together(ask_for, names)):
        assert (response.status, response.body) == (200, noise(3000, name))
    tags = {wait_until(lambda name=name: tag_of(server, name), "the tag") for name in names}
    assert len(tags) == len(names)


@pytest.fixture
def gibibyte(base):
    path = base / "root" / "gibibyte.bin"
    with open(path, "wb") as file:
        file.truncate(GIB)
    os.utime(path, (0, 0))
    yield path
    path.unlink()


@pytest.mark.limit(120)
def test_a_large_file_is_answered_before_it_is_hashed_for_long(tag_server, gibibyte):
    """The tag may come later, but the client does not wait, and others do not at all."""
    with tag_server.connect(timeout=10) as connection, tag_server.connect(timeout=10) as other:
        connection.send(b"HEAD /gibibyte.bin HTTP/1.1\r\nHost: modified.test\r\n\r\n")
        assert ask(tag_server, "nothing-here.txt").status == 404
        assert connection.read_response("HEAD").content_length == GIB
        tag = wait_until(lambda: other.ask("/gibibyte.bin", "HEAD", host="modified.test")
                         .field("etag"), "the tag of a large file", timeout=60, every=0.3)
    assert STRONG_TAG.fullmatch(tag)
