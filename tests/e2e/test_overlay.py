"""Files on overlayfs, as of container images: the file system does not tell whether they are in the
page cache, and small ones are not fetched by a worker each time all the same."""

import os
import subprocess

import pytest

FILES = {"small": os.urandom(4_000), "middle": os.urandom(64_000), "large": os.urandom(1 << 20)}
REQUESTS = 20

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system")


@pytest.fixture
def overlay(new_directory):
    lower, upper, work, merged = (new_directory() for _ in range(4))
    for name, content in FILES.items():
        (lower / name).write_bytes(content)
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    mount = ["mount", "-t", "overlay", "-o", options, "none", merged]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("overlayfs cannot be mounted here")
    yield merged
    subprocess.run(["umount", "-l", merged], check=True)


@pytest.mark.parametrize("name, route", [("small", "mapped"), ("middle", "splice"),
                                         ("large", "splice")])
def test_routes(start, overlay, name, route):
    content = FILES[name]
    server = start(overlay)
    for _ in range(REQUESTS):
        assert server.get(f"/{name}").body == content
    transfer = server.stats()["transfer"]
    assert transfer["routes"][route] == {"transfers": REQUESTS, "bytes": REQUESTS * len(content)}
    assert sum(transfer["fallbacks"].values()) == 0
    assert transfer["copied_body_bytes"] == 0
