"""What a server says that it has counted: SIGUSR1, and --stats."""

import json
import signal

import pytest

from support.server import run
from support.tree import noise, sha256, write

CONTENT = noise(1024 * 1024)
ROUTES = ["copy", "sendfile", "splice", "ring-splice", "mapped", "zero-copy-send"]


@pytest.fixture(scope="module")
def root(new_directory):
    root = new_directory()
    write(root / "file.bin", CONTENT)
    return root


def test_the_signal_prints_and_does_not_stop(start, root):
    server = start(root)
    first = server.stats()
    assert (first["requests"], first["connections_open"]) == (0, 0)
    for count in (1, 2):
        assert server.get("/file.bin").status == 200
        stats = server.stats()
        assert (stats["requests"], stats["connections_accepted"]) == (count, count)
    assert stats["transfer"]["routes"].keys() >= {"auto", "copy-file-range", *ROUTES}
    assert set(stats["transfer"]["fallbacks"]) == {"no-pipe", "not-spliceable", "not-mappable",
                                                   "no-zero-copy", "unsuitable-ends",
                                                   "parsed-content", "no-worker"}
    assert len(server.stats_lines()) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_flag_prints_at_the_end(start, root, number):
    server = start(root, "--stats")
    assert server.get("/file.bin").status == 200
    assert not server.stats_lines()
    server.signal(number)
    server.finish()
    (line,) = server.stats_lines()
    stats = json.loads(line)
    assert (stats["requests"], stats["connections_open"]) == (1, 0)


def test_nothing_is_printed_that_nobody_asked_for(start, root):
    server = start(root)
    assert server.get("/file.bin").status == 200
    server.signal(signal.SIGTERM)
    server.finish()
    assert server.complaints() == ""


def test_beside_a_configuration(start_configured, root, directory):
    server = start_configured(f'[[site]]\nroot = "{root}"\ntransfer = "ring_splice"\n', directory,
                              "--stats")
    assert server.get("/file.bin").status == 200
    assert server.stats()["transfer"]["routes"]["ring-splice"]["transfers"] == 1


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_that_is_asked_for_is_taken(start, root, route):
    server = start(root, f"--transfer={route}")
    response = server.get("/file.bin")
    assert (response.status, sha256(response.body)) == (200, sha256(CONTENT))
    transfer = server.stats()["transfer"]
    taken = {name: counted for name, counted in transfer["routes"].items() if any(counted.values())}
    assert taken == {route: {"transfers": 1, "bytes": len(CONTENT)}}
    assert not any(transfer["fallbacks"].values())
    assert transfer["copied_body_bytes"] == (len(CONTENT) if route == "copy" else 0)
    assert transfer["pipes_in_use"] == 0


def test_auto_takes_one_of_them(start, root):
    server = start(root)
    assert sha256(server.get("/file.bin").body) == sha256(CONTENT)
    routes = server.stats()["transfer"]["routes"]
    assert routes["auto"] == {"transfers": 0, "bytes": 0}
    assert sum(route["transfers"] for route in routes.values()) == 1
    assert sum(route["bytes"] for route in routes.values()) == len(CONTENT)


@pytest.mark.parametrize("route", ["copy-file-range", "splic", "AUTO"])
def test_routes_that_are_not_allowed(root, route):
    result = run("serve", root, f"--transfer={route}")
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"sluice: --transfer: '{route}' is not allowed; one of auto, copy, ")
    assert "zero-copy-send is" in line
