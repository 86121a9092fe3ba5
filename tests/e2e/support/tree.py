"""The directory that most tests serve, and the contents of its files."""

import hashlib
import random
from dataclasses import dataclass
from pathlib import Path

SECRET = b"outside-of-the-root: never to be seen\n"


def noise(count, seed=0):
    """Bytes that are the same in every run, so that a failure can be reproduced."""
    return random.Random(f"{count}/{seed}").randbytes(count)


def write(path, content=b""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def sha256_of_file(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Site:
    """`contents` maps request targets to what a GET must return."""
    root: Path
    contents: dict


def build_site(base):
    """A root beside a file that must never be served."""
    write(base / "secret.txt", SECRET)
    root = base / "site"
    contents = {
        "/hello.txt": b"hello\n",
        "/empty.txt": b"",
        "/page.html": b"<!doctype html><title>page</title>\n",
        "/style.css": b"p { color: teal }\n",
        "/inner.txt": b"reached by a smuggled request\n",
        "/data.bin": noise(100_003),
        "/directory/index.html": b"<!doctype html><title>directory</title>\n",
        "/directory/file.txt": b"file in a directory\n",
        "/index.html": b"<!doctype html><title>index</title>\n",
    }
    for target, content in contents.items():
        write(root / target[1:], content)
    write(root / ".hidden", b"hidden\n")
    (root / "empty").mkdir()
    return Site(root, contents)
