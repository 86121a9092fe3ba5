"""Every name that a file can have is asked for by its percent-encoded bytes (RFC 3986 §2.1)."""

import os
import random

import pytest

from support.client import build_request
from support.waiting import wait_until

LONGEST_NAME = 255
BYTES = [byte for byte in range(1, 256) if byte != ord("/")]
# What may stand in a path as it is (RFC 3986 §3.3), besides letters and digits.
PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                  b"-._~!$&'()*+,;=:@")

NAMES = [
    b"line\nfeed", b"cr\r\nX-Injected: yes", b"nel\xc2\x85", b"tab\ttab", b" ", b"  leading",
    b"trailing ", b"'single'", b'"double"', b"`back`", b"back\\slash", b"\\", b"\\..\\..",
    b"%", b"%%", b"%2e", b"%2E%2E", b"%2f", b"%00", b"100%", b"%zz", b"%25", b"a%20b", b"a+b",
    b"?", b"a?b=c", b"#", b"a#b", b";", b"a;b=c", b":", b"http:", b"@", b"&amp;", b"<script>",
    b"*", b"**", b"[a-z]", b"{a,b}", b"~", b"~root", b"$HOME", b"$(true)", b"-", b"--", b"-rf",
    b"a.", b"a..", b"a...b", b"\x01", b"\x1b[2J", b"\x7f", b"\x80", b"\xff", b"\xfe\xff",
    b"\xc0\xaf", b"\xc0\xae\xc0\xae", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
    b"\xc3", b"\xc3\x28", b"\xef\xbb\xbfbom", b"\xe2\x80\xaertl", b"e\xcc\x81", b"\xc3\xa9",
    b"\xef\xbc\x8f", "日本語".encode(), "\N{GRINNING FACE}".encode(), b"x" * LONGEST_NAME,
    b"\xff" * LONGEST_NAME, b"%" * LONGEST_NAME, b"\n" * LONGEST_NAME,
    "é".encode() * (LONGEST_NAME // 2), b"con", b"nul", b"aux.txt", b"index.html.",
    b"INDEX.HTML", b"Index.html",
]


def content_of(name):
    return b"the file called " + name


def encode_all(name):
    return b"".join(b"%%%02X" % byte for byte in name)


def encode_as_needed(name):
    return b"".join(bytes([byte]) if byte in PLAIN else b"%%%02x" % byte for byte in name)


def random_names(seed, count):
    chance = random.Random(seed)
    for _ in range(count):
        name = bytes(chance.choices(BYTES, k=chance.choice([2, 3, 10, 80, LONGEST_NAME])))
        if not name.startswith(b"."):
            yield name


def make(root, name):
    with open(os.path.join(os.fsencode(root), name), "wb") as file:
        file.write(content_of(name))


@pytest.fixture(scope="module")
def root(new_directory):
    root = new_directory()
    for name in NAMES:
        make(root, name)
    for byte in BYTES:
        os.mkdir(directory := os.path.join(os.fsencode(root), b"in-%02x-" % byte
                                           + bytes([byte])))
        for name in (b"a" + bytes([byte]), bytes([byte]) + b"z", b"m" + bytes([byte]) + b"m"):
            if not name.startswith(b"."):
                make(directory, name)
        with open(os.path.join(directory, b"index.html"), "wb") as file:
            file.write(content_of(bytes([byte])))
    return root


@pytest.fixture(scope="module")
def name_server(root, start_shared):
    return start_shared(root)


@pytest.fixture(scope="module")
def connection(name_server):
    with name_server.connect() as opened:
        yield opened


def check_file(connection, target, name):
    response = connection.ask(target)
    assert (response.status, response.body) == (200, content_of(name)), target


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name[:20])[2:-1])
def test_names(connection, name):
    check_file(connection, b"/" + encode_all(name), name)
    check_file(connection, b"/" + encode_as_needed(name), name)
    check_file(connection, b"//./%2e/x/%2E%2e/" + encode_as_needed(name), name)


@pytest.mark.parametrize("encode", [encode_all, encode_as_needed])
def test_every_byte_at_every_place(connection, encode):
    for byte in BYTES:
        directory = b"in-%02x-" % byte + bytes([byte])
        for name in (b"a" + bytes([byte]), bytes([byte]) + b"z", b"m" + bytes([byte]) + b"m"):
            if not name.startswith(b"."):
                check_file(connection, b"/" + encode(directory) + b"/" + encode(name), name)
        check_file(connection, b"/" + encode(directory) + b"/", bytes([byte]))


def test_every_byte_as_it_is(name_server):
    """What a target may hold is taken for itself; what it may not is refused, never changed."""
    for byte in BYTES:
        name = b"m" + bytes([byte]) + b"m"
        directory = encode_all(b"in-%02x-" % byte + bytes([byte]))
        with name_server.connect() as connection:
            connection.send(build_request(b"/" + directory + b"/" + name))
            response = connection.read_response()
        if byte in PLAIN:
            assert (response.status, response.body) == (200, content_of(name)), byte
        elif byte in b"?#":  # what follows is no part of the path
            assert response.status in (400, 404), byte
        else:
            assert response.status == 400 or response.body == content_of(name), byte


def test_no_name_has_a_nul(name_server):
    for target in (b"/con%00", b"/con%00.txt", b"/%00con", b"/con%00/", b"/%00", b"/in-61-a%00/"):
        with name_server.connect() as connection:
            assert connection.ask(target).status == 400, target


def test_no_name_has_a_slash(connection):
    """Encoded or not, it ends a segment."""
    check_file(connection, b"/in-61-a%2faa", b"aa")
    check_file(connection, b"/in-61-a%2F", b"a")
    assert connection.ask("/con%2f").status == 404
    assert connection.ask("/con%2ftxt").status == 404


def test_random_names(connection, root):
    names = list(random_names(1, 400))
    for name in names:
        make(root, name)
    for name in names:
        check_file(connection, b"/" + encode_as_needed(name), name)


def test_names_that_differ_in_a_bit(connection, root):
    """Nothing is folded: neither case, nor Unicode forms, nor what is invalid."""
    names = [b"Case", b"case", b"cAse", b"n\xc3\xa9", b"ne\xcc\x81", b"\xc3\xa0", b"\xc3\xa1"]
    for name in names:
        make(root, name)
    for name in names:
        check_file(connection, b"/" + encode_all(name), name)
    for missing in (b"CASE", b"n\xe9", b"n\xc3", b"case ", b" case", b"case\n", b"case%"):
        assert connection.ask(b"/" + encode_all(missing)).status == 404


@pytest.mark.parametrize("length", [LONGEST_NAME + 1, 1000, 2000])
def test_names_longer_than_any(connection, length):
    assert connection.ask("/" + "x" * length).status in (404, 414)
    assert connection.ask("/" + "x" * length + "/index.html").status in (404, 414)


def test_a_path_of_the_longest_names(connection, root):
    """As deep as a target of 8 KiB may lead when nothing needs encoding, within PATH_MAX."""
    name = "d" * LONGEST_NAME
    depth = 14
    directory = os.open(root, os.O_PATH)
    for _ in range(depth):
        os.mkdir(name, dir_fd=directory)
        inner = os.open(name, os.O_PATH, dir_fd=directory)
        os.close(directory)
        directory = inner
    with open(os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=directory), "wb") as file:
        file.write(b"at the bottom")
    os.close(directory)
    assert connection.ask(f"/{name}" * (depth + 1)).body == b"at the bottom"


@pytest.mark.parametrize("name", [b"\n", b"%0a", b'q"q', b"\\evil", b"\xff"])
def test_redirects_keep_the_name(connection, root, name):
    os.mkdir(os.path.join(os.fsencode(root), b"go-" + name))
    response = connection.ask(b"/" + encode_all(b"go-" + name))
    assert response.status == 301
    location = response.field("location").encode("latin-1")
    assert location.lower() == b"/" + encode_as_needed(b"go-" + name).lower() + b"/"


def test_names_come_and_go(connection, root):
    for name in (b"\xff\n%", b"coming"):
        target = b"/" + encode_all(name)
        assert connection.ask(target).status == 404
        make(root, name)
        check_file(connection, target, name)
        os.unlink(os.path.join(os.fsencode(root), name))
        wait_until(lambda: connection.ask(target).status == 404, "the file to go")
