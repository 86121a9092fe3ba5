"""Listening on a Unix socket."""

import contextlib
import os
import signal
import socket
import stat

import pytest

from support.client import build_request
from support.server import run
from support.tree import sha256
from support.waiting import together


@pytest.fixture
def path(directory):
    return directory / "sluice.socket"


def test_serves(start, site, path):
    server = start(site.root, listen=(f"unix:{path}",))
    assert server.address == str(path)
    assert stat.S_ISSOCK(path.stat().st_mode)
    for target, content in site.contents.items():
        assert server.get(target).body == content


def test_keep_alive_and_pipelining(start, site, path):
    server = start(site.root, listen=(f"unix:{path}",))
    targets = list(site.contents) * 5
    with server.connect() as connection:
        connection.send(b"".join(map(build_request, targets)))
        for target in targets:
            assert connection.read_response().body == site.contents[target]


def test_many_clients_at_once(start, site, path):
    server = start(site.root, listen=(f"unix:{path}",), )
    expected = sha256(site.contents["/data.bin"])
    assert together(lambda _: sha256(server.get("/data.bin").body), range(20)) == [expected] * 20


def test_redirects_stay_relative(start, site, path):
    server = start(site.root, listen=(f"unix:{path}",))
    location = server.get("/directory").field("location")
    assert location.endswith("/directory/") and "unix" not in location


def test_can_be_started_again_after_a_stop(start, site, path):
    for _ in range(2):
        server = start(site.root, listen=(f"unix:{path}",))
        assert server.get("/hello.txt").body == b"hello\n"
        server.stop()


def test_after_a_crash(start, site, path):
    """The socket that a killed server leaves is replaced, or the refusal says why."""
    server = start(site.root, listen=(f"unix:{path}",))
    server.signal(signal.SIGKILL)
    server.finish(statuses=(-signal.SIGKILL,))
    try:
        assert start(site.root, listen=(f"unix:{path}",)).get("/hello.txt").status == 200
    except AssertionError as refusal:
        assert str(path) in str(refusal)


def refusal_of(site, path):
    result = run("serve", site.root, "--listen", f"unix:{path}")
    assert result.returncode in (1, 2)
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert "--listen" in result.stderr and str(path)[:50] in result.stderr


def test_a_socket_in_use_is_left_to_its_server(start, site, path):
    first = start(site.root, listen=(f"unix:{path}",))
    refusal_of(site, path)
    assert first.get("/hello.txt").body == b"hello\n"


def test_a_file_in_the_way_is_left_alone(site, path):
    path.write_bytes(b"precious")
    refusal_of(site, path)
    assert path.read_bytes() == b"precious"


def test_a_directory_that_is_missing(site, directory):
    refusal_of(site, directory / "missing" / "sluice.socket")


def test_a_path_that_is_too_long(site, directory):
    refusal_of(site, directory / ("n" * 200))


def test_an_empty_path(site):
    assert run("serve", site.root, "--listen", "unix:").returncode == 2


def test_a_socket_of_somebody_else_is_left_alone(site, path):
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as other:
        other.bind(str(path))
        other.listen()
        refusal_of(site, path)
        assert os.path.exists(path)
