"""Files arrive byte for byte, and their fields say what they are."""

import datetime
import email.utils
import hashlib
import os
import random
import re
import time

import pytest

from support.client import build_request
from support.server import SANITIZED
from support.tree import noise, sha256, sha256_of_file, write
from support.waiting import together, wait_until

MIB = 1 << 20
SIZES = [0, 1, 2, 100, 1023, 1024, 4095, 4096, 4097, 8192, 16383, 16384, 16385, 65535, 65536, 65537,
         131072, MIB - 1, MIB, MIB + 1, 3 * MIB + 12345, 10 * MIB]

MEDIA_TYPES = {
    "page.html": "text/html", "page.htm": "text/html", "style.css": "text/css",
    "script.js": "text/javascript", "module.mjs": "text/javascript", "plain.txt": "text/plain",
    "notes.md": "text/markdown", "table.csv": "text/csv", "data.json": "application/json",
    "script.js.map": "application/json", "site.webmanifest": "application/manifest+json",
    "program.wasm": "application/wasm", "page.xhtml": "application/xhtml+xml",
    "picture.svg": "image/svg+xml", "picture.png": "image/png", "picture.jpg": "image/jpeg",
    "picture.jpeg": "image/jpeg", "picture.gif": "image/gif", "picture.webp": "image/webp",
    "picture.avif": "image/avif", "picture.apng": "image/apng", "font.woff": "font/woff",
    "font.woff2": "font/woff2", "font.ttf": "font/ttf", "font.otf": "font/otf",
    "film.mp4": "video/mp4", "film.webm": "video/webm", "film.mpeg": "video/mpeg",
    "sound.mp3": "audio/mpeg", "sound.ogg": "audio/ogg",
    "paper.pdf": "application/pdf", "archive.zip": "application/zip",
    "archive.tar.gz": "application/gzip", "archive.tar": "application/x-tar",
    "UPPER.HTML": "text/html", "Mixed.Css": "text/css", "two.dots.js": "text/javascript",
    "no-extension": "application/octet-stream", "unknown.sluice": "application/octet-stream",
    "page.html.sluice": "application/octet-stream", "dot.": "application/octet-stream",
    "html": "application/octet-stream", "program.bin": "application/octet-stream",
}
SEVERAL_NAMES = {"icon.ico": {"image/x-icon", "image/vnd.microsoft.icon"},
                 "feed.xml": {"application/xml", "text/xml"},
                 "sound.wav": {"audio/wav", "audio/x-wav", "audio/vnd.wave", "audio/wave"}}


@pytest.fixture(scope="module")
def files(new_directory):
    root = new_directory()
    for size in SIZES:
        write(root / f"{size}.bin", noise(size))
    for name in [*MEDIA_TYPES, *SEVERAL_NAMES]:
        write(root / name, b"content")
    return root


@pytest.fixture(scope="module")
def file_server(files, start_shared):
    return start_shared(files)


@pytest.mark.parametrize("size", SIZES)
def test_sizes(file_server, size):
    response = file_server.get(f"/{size}.bin")
    assert response.status == 200
    assert response.content_length == size
    assert sha256(response.body) == sha256(noise(size))


def test_all_sizes_on_one_connection(file_server):
    """A byte too many or too few would show in the next response."""
    order = random.Random(1).choices(SIZES[:-2], k=100)
    with file_server.connect() as connection:
        for size in order:
            assert connection.ask(f"/{size}.bin").body == noise(size)


def test_all_sizes_through_a_narrow_window(file_server):
    """Makes the server write in many small steps."""
    with file_server.connect(receive_buffer=8 * 1024) as connection:
        for size in SIZES[:-2]:
            assert sha256(connection.ask(f"/{size}.bin").body) == sha256(noise(size))


def test_a_file_that_is_not_in_memory(file_server, files):
    path = write(files / "cold.bin", noise(16 * MIB))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
    assert sha256(file_server.get("/cold.bin").body) == sha256(noise(16 * MIB))


@pytest.fixture(scope="module")
def gigabyte(files):
    """Mostly holes, with islands of noise at odd places and at both ends."""
    path = files / "gigabyte.bin"
    chance = random.Random(2)
    size = 1 << 30
    with open(path, "wb") as file:
        file.truncate(size)
        for offset in [0, size - 70_001, *(chance.randrange(size - 70_001) for _ in range(200))]:
            file.seek(offset)
            file.write(chance.randbytes(70_001))
    yield path
    path.unlink()


@pytest.mark.limit(150)
def test_a_gigabyte_over_eight_connections_at_once(file_server, gigabyte):
    def download(_):
        with file_server.connect() as connection:
            connection.send(build_request("/gigabyte.bin"))
            return connection.read_digest(connection.read_head().content_length)

    timeout = 140 * (2 if SANITIZED else 1)
    assert set(together(download, range(8), timeout)) == {sha256_of_file(gigabyte)}


FAR = 64 << 30


@pytest.fixture(scope="module")
def huge(files):
    """Larger than memory; takes no room, because it is a hole but for its last bytes."""
    path = files / "huge.bin"
    with open(path, "wb") as file:
        file.truncate(FAR)
        file.seek(FAR - 10)
        file.write(b"the far end"[-10:])
    yield path
    path.unlink()


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_file_larger_than_memory_has_its_true_length(file_server, huge, method):
    with file_server.connect() as connection:
        connection.send(build_request("/huge.bin", method))
        assert connection.read_head().content_length == FAR


def test_the_far_end_of_a_file_larger_than_memory(file_server, huge):
    response = file_server.get("/huge.bin", fields=[("Range", f"bytes={FAR - 20}-")])
    assert response.status == 206
    assert response.field("content-range") == f"bytes {FAR - 20}-{FAR - 1}/{FAR}"
    assert response.body == bytes(10) + b"he far end"


def test_the_beginning_of_a_file_larger_than_memory(file_server, huge):
    with file_server.connect() as connection:
        connection.send(build_request("/huge.bin"))
        connection.read_head()
        assert connection.read_digest(256 * MIB) == hashlib.sha256(bytes(256 * MIB)).hexdigest()


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_content_type(file_server, name):
    essence, _, parameters = file_server.get("/" + name).field("content-type").partition(";")
    assert essence == MEDIA_TYPES[name]
    if essence.startswith("text/"):
        assert parameters.strip().lower() == "charset=utf-8"


@pytest.mark.parametrize("name", SEVERAL_NAMES)
def test_content_type_with_several_right_names(file_server, name):
    assert file_server.get("/" + name).field("content-type").split(";")[0] in SEVERAL_NAMES[name]


@pytest.mark.parametrize("target", ["/hello.txt", "/missing", "/directory", "/empty.txt", "/%zz"])
def test_fields_of_every_response(server, target):
    response = server.get(target)
    assert response.field("server") == "sluice"
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", response.field("date"))
    date = email.utils.parsedate_to_datetime(response.field("date"))
    assert abs(date.timestamp() - time.time()) < 10


def test_the_date_moves_on(server):
    first = server.get("/hello.txt").field("date")
    wait_until(lambda: server.get("/hello.txt").field("date") != first, "a new Date")


@pytest.mark.parametrize("size", [0, 1, 65536])
def test_fields_of_a_file(file_server, size):
    response = file_server.get(f"/{size}.bin")
    assert response.field("accept-ranges") == "bytes"
    assert re.fullmatch(r'"[\x21\x23-\x7e]+"', response.field("etag")), "not a strong entity tag"
    assert response.field("last-modified")


MOMENTS = [2, 784111777, 951782400, 1709164800, int(time.time()) - 5]


@pytest.mark.parametrize("seconds", MOMENTS)
def test_last_modified(file_server, files, seconds):
    path = write(files / f"modified-{seconds}.txt", b"text")
    os.utime(path, ns=(0, seconds * 10**9 + 999_999_999))
    expected = email.utils.formatdate(seconds, usegmt=True)
    assert file_server.get("/" + path.name).field("last-modified") == expected


def test_a_file_older_than_1970(file_server, files):
    path = write(files / "old.txt", b"text")
    os.utime(path, (0, -86_400))
    response = file_server.get("/old.txt")
    assert response.status == 200
    assert response.field("last-modified") in (None, "Wed, 31 Dec 1969 00:00:00 GMT")


def test_a_file_of_the_future_is_not_later_than_the_response(file_server, files):
    """RFC 9110 §8.8.2.1 forbids a Last-Modified that is later than Date."""
    path = write(files / "future.txt", b"text")
    os.utime(path, (0, time.time() + 86_400))
    response = file_server.get("/future.txt")
    assert response.status == 200
    date = email.utils.parsedate_to_datetime(response.field("date"))
    if modified := response.field("last-modified"):
        assert email.utils.parsedate_to_datetime(modified) <= date + datetime.timedelta(seconds=1)


def entity_tag(server, path):
    return server.get("/" + path.name).field("etag")


def test_the_entity_tag_stays(file_server, files, start):
    path = files / "4096.bin"
    tags = {entity_tag(file_server, path) for _ in range(5)}
    tags.add(entity_tag(start(files), path))
    assert len(tags) == 1


CHANGES = {
    "a nanosecond later": lambda path, info: os.utime(path, ns=(0, info.st_mtime_ns + 1)),
    "a nanosecond earlier": lambda path, info: os.utime(path, ns=(0, info.st_mtime_ns - 1)),
    "a second later": lambda path, info: os.utime(path, ns=(0, info.st_mtime_ns + 10**9)),
    "one byte longer": lambda path, info: resize(path, info, +1),
    "one byte shorter": lambda path, info: resize(path, info, -1),
}


def resize(path, info, difference):
    os.truncate(path, info.st_size + difference)
    os.utime(path, ns=(0, info.st_mtime_ns))


@pytest.mark.parametrize("change", CHANGES)
def test_the_entity_tag_changes_with_the_file(file_server, files, change):
    path = write(files / "changing.txt", b"some text")
    os.utime(path, ns=(0, 1_700_000_000_123_456_789))
    before = wait_until(lambda: entity_tag(file_server, path), "an entity tag")
    CHANGES[change](path, path.stat())
    wait_until(lambda: entity_tag(file_server, path) != before, "another entity tag")


def test_files_of_equal_size_and_time_may_share_a_tag_but_not_their_bytes(file_server, files):
    for name, content in (("twin-a.txt", b"aaaa"), ("twin-b.txt", b"bbbb")):
        os.utime(write(files / name, content), (0, 1_700_000_000))
    assert file_server.get("/twin-a.txt").body == b"aaaa"
    assert file_server.get("/twin-b.txt").body == b"bbbb"


def test_new_content_is_served(file_server, files):
    path = write(files / "edited.txt", b"before")
    assert file_server.get("/edited.txt").body == b"before"
    path.write_bytes(b"after, and longer")
    wait_until(lambda: file_server.get("/edited.txt").body == b"after, and longer", "new content")


def test_a_file_that_appears_and_goes(file_server, files):
    assert file_server.get("/appearing.txt").status == 404
    path = write(files / "appearing.txt", b"here")
    wait_until(lambda: file_server.get("/appearing.txt").status == 200, "the new file")
    path.unlink()
    wait_until(lambda: file_server.get("/appearing.txt").status == 404, "the file to go")


def test_a_query_does_not_matter_to_a_file(server):
    for query in ("?", "?a=b", "?/../../etc/passwd", "?%zz", "?a?b"):
        assert server.get("/hello.txt" + query).body == b"hello\n"


def test_a_slash_after_a_file_is_not_the_file(server):
    assert server.get("/hello.txt/").status == 404
    assert server.get("/hello.txt/index.html").status == 404
