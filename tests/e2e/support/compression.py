"""A server that compresses files, and clients that look at what it makes of them."""

import gzip
import itertools
import os
import shutil
import stat
import subprocess

import pytest

from support.server import SANITIZED
from support.tree import noise, write
from support.waiting import wait_until

MODIFIED = 1_700_000_000
CODINGS = ["br", "zstd", "gzip"]
EXTENSIONS = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
TOOLS = {"br": ["brotli", "-dc"], "zstd": ["zstd", "-dcq"], "gzip": ["gzip", "-dc"]}
MARKERS = itertools.count()
PATIENCE_SECONDS = 30 * (3 if SANITIZED else 1)

# One thread, as each finds out by itself what has been made, and a short memory of what had not.
CONFIGURATION = """
[server]
threads = 1
cache_directory = "cache"
limits.open_file_ttl_ms = 50

[[site]]
hosts = ["on.test"]
root = "root"
compress = true

[[site]]
hosts = ["off.test"]
root = "root"

[[site]]
hosts = ["content.test"]
root = "root"
compress = true
etag = "content"

[[site]]
hosts = ["none.test"]
root = "root"
compress = true
etag = "none"
"""


def text(size, seed=0):
    """Compresses about as well as prose does."""
    words = noise(4000, seed).hex(" ", 2).encode().split()
    count = size // 5 + 1
    return b" ".join(words[(number * number + seed) % 1000] for number in range(count))[:size]


def make(root, name, content, seconds=MODIFIED):
    path = write(root / name, content)
    os.utime(path, (seconds, seconds))
    return path


def decompressed(response, coding):
    if coding == "gzip":
        return gzip.decompress(response.body)
    if not shutil.which(TOOLS[coding][0]):
        pytest.skip(f"{TOOLS[coding][0]} is not installed")
    return subprocess.run(TOOLS[coding], input=response.body, stdout=subprocess.PIPE,
                          check=True).stdout


def ask(server, name, coding=None, fields=(), host="on.test", method="GET"):
    accepted = [("Accept-Encoding", coding)] if coding else []
    return server.get("/" + name, method, [*accepted, *fields], host=host)


def content_of(response):
    """What the client of a response ends up with."""
    coding = response.field("content-encoding")
    return decompressed(response, coding) if coding else response.body


def await_variant(server, name, coding, content, host="on.test"):
    """Asks until there is a variant; nothing but the content may come on the way."""
    def variant():
        response = ask(server, name, coding, host=host)
        assert response.status == 200
        assert content_of(response) == content
        return response if response.field("content-encoding") == coding else None

    return wait_until(variant, f"{name} in {coding}", timeout=PATIENCE_SECONDS, every=0.03)


def await_work(server, root):
    """Waits for what was asked for before: work is begun in order, and by few threads."""
    for _ in range(4):
        name = f"marker-{next(MARKERS)}.txt"
        make(root, name, content := text(2000))
        for coding in ("gzip", "br"):
            await_variant(server, name, coding, content)


def cached_files(base):
    """Path below the cache → inode. What is being written may be among them."""
    inodes = {}
    for path in (base / "cache").rglob("*"):
        try:
            if stat.S_ISREG((status := path.stat()).st_mode):
                inodes[path.relative_to(base / "cache")] = status.st_ino
        except FileNotFoundError:
            pass  # finished meanwhile
    return inodes
