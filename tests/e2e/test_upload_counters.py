"""How the content of uploads was moved, as the server counts it."""

import os
import time

import pytest

from support.client import build_request

BYTES = 1 << 20


@pytest.fixture
def server(start, directory):
    return start(directory, "--uploads")


def counted(server, act):
    """By how much the counters have grown: (transfers, bytes) of each route, and others."""
    before = server.stats()["transfer"]
    act()
    after = server.stats()["transfer"]
    routes = {route: tuple(of[name] - before["routes"][route][name]
                           for name in ("transfers", "bytes"))
              for route, of in after["routes"].items()}
    parsed = after["fallbacks"]["parsed-content"] - before["fallbacks"]["parsed-content"]
    return routes, after["copied_body_bytes"] - before["copied_body_bytes"], parsed


def put(server, root, fields, content, framed=None, with_head=0):
    """The first bytes come with the head, the others once the server waits for them."""
    framed = content if framed is None else framed
    with server.connect() as connection:
        if not with_head:
            fields = [*fields, ("Expect", "100-continue")]
        connection.send(build_request("/file", "PUT", fields) + framed[:with_head])
        if with_head:
            time.sleep(0.05)  # or more of it might come with the head
        else:
            assert connection.read_head().status == 100
        connection.send(framed[with_head:])
        assert connection.read_response("PUT").status in (201, 204)
    assert (root / "file").read_bytes() == content


LENGTH = [("Content-Length", str(BYTES))]


def test_what_is_in_the_socket_is_spliced(server, directory):
    content = os.urandom(BYTES)
    routes, copied, parsed = counted(server, lambda: put(server, directory, LENGTH, content))
    assert routes["splice"] == (1, BYTES)
    assert (routes["copy"], copied, parsed) == ((0, 0), 0, 0)


def test_only_what_came_with_the_head_is_copied(server, directory):
    content = os.urandom(BYTES)
    routes, copied, parsed = counted(server, lambda: put(server, directory, LENGTH, content,
                                                          with_head=1000))
    assert 1000 <= copied <= BYTES // 2 and parsed == 0
    assert routes["splice"] == (1, BYTES - copied)


def test_chunks_are_copied_and_it_says_why(server, directory):
    content = os.urandom(BYTES)
    pieces = [content[i:i + 5000] for i in range(0, BYTES, 5000)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    chunked = [("Transfer-Encoding", "chunked")]
    routes, copied, parsed = counted(
        server, lambda: put(server, directory, chunked, content, framed))
    assert (routes["copy"], copied, parsed) == ((1, BYTES), BYTES, 1)
    assert routes["splice"] == (0, 0)
