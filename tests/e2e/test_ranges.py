"""Single byte ranges (RFC 9110 §14)."""

import pytest

from support.client import build_request
from support.tree import noise, write

SIZE = 100_003
CONTENT = noise(SIZE)
LAST = SIZE - 1

SATISFIABLE = {
    "bytes=0-0": (0, 0),
    "bytes=0-": (0, LAST),
    "bytes=0-99": (0, 99),
    "bytes=1-1": (1, 1),
    "bytes=4095-4096": (4095, 4096),
    "bytes=65535-65536": (65535, 65536),
    "bytes=65536-": (65536, LAST),
    f"bytes={LAST}-": (LAST, LAST),
    f"bytes={LAST}-{LAST}": (LAST, LAST),
    f"bytes=0-{LAST}": (0, LAST),
    f"bytes=0-{SIZE}": (0, LAST),
    f"bytes=50-{SIZE * 10}": (50, LAST),
    f"bytes=50-{2**63 - 1}": (50, LAST),
    "bytes=-1": (LAST, LAST),
    "bytes=-500": (SIZE - 500, LAST),
    f"bytes=-{LAST}": (1, LAST),
    f"bytes=-{SIZE}": (0, LAST),
    f"bytes=-{SIZE + 1}": (0, LAST),
    f"bytes=-{2**63 - 1}": (0, LAST),
    "bytes=000010-000019": (10, 19),
    "Bytes=10-19": (10, 19),
    "BYTES=10-19": (10, 19),
}
UNSATISFIABLE = [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE}", f"bytes={SIZE + 1}-", "bytes=-0",
                 f"bytes={2**63 - 1}-", f"bytes={2**62}-{2**63 - 1}"]
INVALID = ["bytes", "bytes=", "bytes=-", "bytes=abc", "bytes=a-b", "bytes=5-2", "bytes=--5",
           "bytes=5--6", "bytes=1-2-3", "bytes=+1-2", "bytes= ", "bytes:0-5", "items=0-5", "0-5",
           "=0-5", "bytes=0x1-0x5", "bytes=1.5-2", "none", "", ";", "bytes=0-5;", "bytes =0-5"]
OVERFLOWING = {
    f"bytes=0-{'9' * 30}": (0, LAST),
    f"bytes=0-{2**64}": (0, LAST),
    f"bytes=5-{2**64 + 2}": (5, LAST),  # not 5-2
    f"bytes=-{'9' * 30}": (0, LAST),
    f"bytes=-{2**64}": (0, LAST),
    f"bytes=0-{'9' * 5000}": (0, LAST),
    f"bytes={'0' * 5000}1-2": (1, 2),
    f"bytes={'9' * 30}-": None,
    f"bytes={2**64}-": None,
    f"bytes={2**64}-{2**64 + 5}": None,
}


@pytest.fixture(scope="module")
def range_server(new_directory, start_shared):
    root = new_directory()
    write(root / "data.bin", CONTENT)
    write(root / "empty.bin")
    write(root / "directory" / "index.html", b"0123456789")
    return start_shared(root)


def ask_range(server, value, target="/data.bin", method="GET", **options):
    return server.get(target, method, [("Range", value)], **options)


def check_part(response, first, last):
    assert response.status == 206
    assert response.field("content-range") == f"bytes {first}-{last}/{SIZE}"
    assert response.body == CONTENT[first:last + 1]


def check_whole(response):
    assert response.status == 200
    assert response.field("content-range") is None
    assert response.body == CONTENT


@pytest.mark.parametrize("value", SATISFIABLE)
def test_satisfiable(range_server, value):
    check_part(ask_range(range_server, value), *SATISFIABLE[value])


def check_unsatisfiable(response, size=SIZE):
    assert response.status == 416
    assert response.field("content-range") == f"bytes */{size}"
    assert response.field("etag") is None


@pytest.mark.parametrize("value", UNSATISFIABLE)
def test_unsatisfiable(range_server, value):
    check_unsatisfiable(ask_range(range_server, value))


@pytest.mark.parametrize("value", INVALID)
def test_invalid_ranges_are_ignored(range_server, value):
    check_whole(ask_range(range_server, value))


@pytest.mark.parametrize("value", OVERFLOWING)
def test_numbers_beyond_64_bits(range_server, value):
    """They count as the highest there is."""
    response = ask_range(range_server, value)
    if OVERFLOWING[value]:
        check_part(response, *OVERFLOWING[value])
    else:
        check_unsatisfiable(response)


def test_a_part_has_the_fields_of_the_whole(range_server):
    whole, part = range_server.get("/data.bin"), ask_range(range_server, "bytes=0-9")
    for name in ("etag", "last-modified", "content-type", "server"):
        assert part.field(name) == whole.field(name)
    assert part.content_length == 10


@pytest.mark.parametrize("value", ["bytes=0-9", "bytes=-1", f"bytes={SIZE}-", "bytes=abc"])
def test_head_ignores_ranges(range_server, value):
    """RFC 9110 §14.2: Range is defined for GET only."""
    response = ask_range(range_server, value, method="HEAD")
    assert response.status == 200
    assert response.content_length == SIZE
    assert response.field("content-range") is None


@pytest.mark.parametrize("value", ["bytes=0-", "bytes=0-0", "bytes=5-", "bytes=-5", "bytes=-0"])
def test_an_empty_file_has_no_first_byte(range_server, value):
    check_unsatisfiable(ask_range(range_server, value, "/empty.bin"), 0)


def test_the_range_of_an_index(range_server):
    response = ask_range(range_server, "bytes=2-4", "/directory/")
    assert (response.status, response.body) == (206, b"234")


@pytest.mark.parametrize("target, status", [("/missing", 404), ("/directory", 301)])
def test_other_responses_have_no_ranges(range_server, target, status):
    response = ask_range(range_server, "bytes=0-1", target)
    assert response.status == status
    assert response.field("content-range") is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_other_methods_have_no_ranges(range_server, method):
    response = ask_range(range_server, "bytes=0-1", method=method)
    assert response.status in (204, 405, 501)
    assert response.field("content-range") is None


def test_1_0_may_ask_for_ranges(range_server):
    check_part(ask_range(range_server, "bytes=5-9", version="HTTP/1.0"), 5, 9)
    check_unsatisfiable(ask_range(range_server, UNSATISFIABLE[0], version="HTTP/1.0"))


def test_two_fields_are_ignored(range_server):
    fields = [("Range", "bytes=0-1"), ("Range", "bytes=0-1")]
    check_whole(range_server.get("/data.bin", fields=fields))


def test_ranges_follow_each_other_on_a_connection(range_server):
    """Puts the file together from pieces that end at no boundary."""
    piece = 7919
    firsts = range(0, SIZE, piece)
    with range_server.connect() as connection:
        connection.send(b"".join(
            build_request("/data.bin", fields=[("Range", f"bytes={first}-{first + piece - 1}")])
            for first in firsts))
        assert b"".join(connection.read_response().body for _ in firsts) == CONTENT


def test_a_416_keeps_the_connection(range_server):
    with range_server.connect() as connection:
        assert connection.ask("/data.bin", fields=[("Range", UNSATISFIABLE[0])]).status == 416
        check_whole(connection.ask("/data.bin"))
