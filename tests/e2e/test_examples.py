"""The programs in examples/: each is started as its first lines say, asked, and ended."""

import contextlib
import http.client
import signal
import subprocess

import pytest

from support.server import BINARY, COMPLAINT, STOP_SECONDS, environment, parse_address

EXAMPLES = BINARY.parent / "examples"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.body = response.read()
        self.field = response.getheader


class Example:
    def __init__(self, name, argument):
        self.process = subprocess.Popen(
            [str(EXAMPLES / name), str(argument), "127.0.0.1:0"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), text=True)
        line = self.process.stdout.readline().strip()
        assert line.startswith("http://"), self.process.communicate()
        self.address = parse_address(line.removeprefix("http://"))

    def ask(self, target, method="GET", **options):
        with contextlib.closing(http.client.HTTPConnection(*self.address, timeout=20)) as client:
            client.request(method, target, **options)
            return Answer(client.getresponse())

    def end(self, number):
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=STOP_SECONDS)
        assert self.process.returncode == 0, errors
        assert not COMPLAINT.search(errors), errors


@contextlib.contextmanager
def running(name, argument, ends_by=signal.SIGTERM):
    example = Example(name, argument)
    try:
        yield example
        example.end(ends_by)
    finally:
        if example.process.poll() is None:
            example.process.kill()
            example.process.communicate()


def test_embed_answers_beside_files(directory):
    (directory / "index.html").write_text("hello")
    with running("embed", directory, ends_by=signal.SIGINT) as embed:
        assert embed.ask("/").body == b"hello"
        assert [embed.ask("/api/count").body for _ in range(3)] == [b"1\n", b"2\n", b"3\n"]
        assert embed.ask("/api/shout", "POST", body=b"quiet, please").body == b"QUIET, PLEASE"
        assert embed.ask("/api/shout").status == 405
        assert embed.ask("/api/shout", "POST", body=b"x" * 65537).status == 413
        squares = embed.ask("/api/squares")
        assert squares.field("Transfer-Encoding") == "chunked"
        assert squares.body == b"".join(b"%d\n" % (i * i) for i in range(1, 101))


def test_download_has_the_same_bytes_twice(directory):
    content = bytes(range(256)) * 5000
    file = directory / "file"
    file.write_bytes(content)
    with running("download", file) as download:
        assert download.ask("/copying").body == content
        assert download.ask("/zero-copy").body == content
        assert download.ask("/").status == 404


def test_upload_keeps_what_it_is_sent(directory):
    contents = [b"", b"x", bytes(range(256)) * 8192]
    with running("upload", directory) as upload:
        for content in contents:
            stored = upload.ask("/inbox", "POST", body=content)
            assert stored.status == 201
            assert upload.ask(stored.field("Location")).body == content
        assert upload.ask("/inbox").status == 405
        chunked = upload.ask("/inbox", "POST", body=iter([b"in", b"chunks"]), encode_chunked=True,
                             headers={"Transfer-Encoding": "chunked"})
        assert chunked.status == 411
    assert sorted(path.read_bytes() for path in directory.iterdir()) == sorted(contents)


@pytest.mark.parametrize("name", ["download", "embed", "upload"])
def test_usage_is_told(name):
    told = subprocess.run([str(EXAMPLES / name)], capture_output=True, text=True, timeout=20,
                          env=environment())
    assert told.returncode == 2
    assert told.stderr.startswith(f"usage: {name} ")


def test_what_keeps_a_server_from_starting_is_told(directory):
    told = subprocess.run([str(EXAMPLES / "embed"), str(directory), "nowhere"],
                          capture_output=True, text=True, timeout=20, env=environment())
    assert told.returncode == 1
    assert told.stderr.startswith("embed: ")
