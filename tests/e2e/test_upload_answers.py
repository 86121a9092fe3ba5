"""What those who put a file are told, also where others are at it or it cannot be done."""

import threading

import pytest

from support.client import build_request


@pytest.fixture
def uploads(start, directory):
    """A server that takes uploads."""
    return start(directory, "--uploads")


def put(server, target, content=b"content", fields=()):
    with server.connect() as connection:
        length = ("Content-Length", str(len(content)))
        connection.send(build_request(target, "PUT", [length, *fields]) + content)
        return connection.read_response("PUT")


def test_each_of_many_is_told_the_entity_tag_of_its_own_file(uploads):
    told = {}

    def write(number):
        for turn in range(10):
            content = b"%d-%d" % (number, turn)
            told[content] = put(uploads, "/file", content).field("etag")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert None not in told.values() and len(set(told.values())) == len(told)
    last = uploads.get("/file")
    assert told[last.body] == last.field("etag")


@pytest.mark.parametrize("fields", [[("If-Match", "*")], [("If-Match", '"other"')]])
def test_a_precondition_does_not_hide_why_it_cannot_be_done(uploads, directory, fields):
    """RFC 9110 §13.2.1."""
    (directory / "directory").mkdir()
    assert put(uploads, "/missing/parent/new", b"x", fields).status == 409
    assert put(uploads, "/directory", b"x", fields).status == 409
    assert put(uploads, "/new", b"x", fields).status == 412
