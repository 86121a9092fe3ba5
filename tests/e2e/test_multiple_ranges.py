"""Several byte ranges at once (RFC 9110 §14.2, §14.6)."""

import dataclasses
import email
import os
import random
import re
import time

import pytest

from support.client import build_request
from support.multipart import boundary_of, parts_of
from support.process import descriptor_counts
from support.server import SANITIZED
from support.tracing import DATA_CALLS, trace_calls, trace_ring
from support.tree import noise, write
from support.waiting import wait_until

SIZE = 100_003
CONTENT = noise(SIZE)
LAST = SIZE - 1
MOST_RANGES = 16
SPARSE_SIZE = 200 << 20
TRACED_SIZE = 64 << 20
OVERHEAD_BYTES = 64 * 1024
MODIFIED = 1_700_000_000

EVERYTHING = None  # 200
UNSATISFIABLE = []  # 416


def every_second_byte(count):
    return [(2 * number, 2 * number) for number in range(count)]


def written(ranges):
    return "bytes=" + ",".join(f"{first}-{last}" for first, last in ranges)


# What is asked for → the ranges that are sent, in this order. One alone is not multipart.
CHOICES = {
    "bytes=0-1,5-9": [(0, 1), (5, 9)],
    "bytes=0-0,-1": [(0, 0), (LAST, LAST)],
    "bytes=5-9,0-1": [(5, 9), (0, 1)],
    "bytes=-1,0-0": [(LAST, LAST), (0, 0)],
    f"bytes=90000-,0-1,{LAST - 5}-": [(90000, LAST), (0, 1)],
    "Bytes=0-1,5-9": [(0, 1), (5, 9)],
    "bytes=0-1 , 5-9": [(0, 1), (5, 9)],
    "bytes=0-1,\t5-9": [(0, 1), (5, 9)],
    "bytes=0-1,,5-9,": [(0, 1), (5, 9)],
    "bytes=,0-1,5-9": [(0, 1), (5, 9)],
    # Touching and overlapping ones become one, at the place of the first of them.
    "bytes=0-4,5-9": [(0, 9)],
    "bytes=5-9,0-4": [(0, 9)],
    "bytes=0-9,3-5": [(0, 9)],
    "bytes=50-59,0-4,55-69": [(50, 69), (0, 4)],
    "bytes=0-4,20-24,5-9,40-44": [(0, 9), (20, 24), (40, 44)],
    "bytes=0-1,3-4,2-2": [(0, 4)],
    "bytes=0-1,3-4": [(0, 1), (3, 4)],
    # What is behind the end does not count, unless there is nothing else.
    f"bytes={SIZE}-,0-1": [(0, 1)],
    f"bytes=0-1,{SIZE}-,5-6": [(0, 1), (5, 6)],
    "bytes=-0,0-1,5-6": [(0, 1), (5, 6)],
    f"bytes={SIZE}-,{SIZE + 5}-{SIZE + 9}": UNSATISFIABLE,
    "bytes=-0,-0": UNSATISFIABLE,
    f"bytes={'9' * 30}-,{2**64}-{2**64 + 5}": UNSATISFIABLE,
    f"bytes=0-1,{'9' * 30}-": [(0, 1)],
    # All of the file is what the ranges may ask for together, not a byte more.
    f"bytes=1-{LAST},0-0": [(0, LAST)],
    "bytes=0-50000,50002-": [(0, 50000), (50002, LAST)],
    "bytes=0-,0-0": EVERYTHING,
    "bytes=0-,0-,0-": EVERYTHING,
    "bytes=-60000,0-60000": EVERYTHING,
    "bytes=" + ",".join(["0-"] * 1000): EVERYTHING,
    # Malformed in one place is malformed.
    "bytes=0-1,5": EVERYTHING,
    "bytes=0-1,9-5": EVERYTHING,
    "bytes=0-1,a-b": EVERYTHING,
    "bytes=0-1;5-9": EVERYTHING,
    "bytes=0-1 5-9": EVERYTHING,
    "bytes=0-1,bytes=5-9": EVERYTHING,
    "bytes=,": EVERYTHING,
    "bytes=, ,": EVERYTHING,
    "lines=0-1,5-9": EVERYTHING,
    # At most 16, counted when they have been put together.
    written(every_second_byte(MOST_RANGES)): every_second_byte(MOST_RANGES),
    written(every_second_byte(MOST_RANGES + 1)): EVERYTHING,
    written([*every_second_byte(MOST_RANGES + 1), (1, 1)]):
        [(0, 2), *every_second_byte(MOST_RANGES + 1)[2:]],
    written([(number, number) for number in range(1000)]): [(0, 999)],
    written(every_second_byte(1500)): EVERYTHING,
}


@pytest.fixture(scope="module")
def root(new_directory):
    root = new_directory()
    write(root / "data.txt", CONTENT)
    os.utime(root / "data.txt", (MODIFIED, MODIFIED))  # a second that is over, for If-Range
    write(root / "empty.bin")
    with open(root / "sparse.bin", "wb") as sparse:
        sparse.truncate(SPARSE_SIZE)
        for offset in (0, SPARSE_SIZE // 2, SPARSE_SIZE - 1000):
            sparse.seek(offset)
            sparse.write(noise(1000, offset))
    return root


@pytest.fixture(scope="module")
def range_server(root, start_shared):
    return start_shared(root)


def check_choice(response, choice):
    if choice is EVERYTHING:
        assert response.status == 200
        assert response.field("content-range") is None
        assert response.body == CONTENT
    elif not choice:
        assert response.status == 416
        assert response.field("content-range") == f"bytes */{SIZE}"
    elif len(choice) == 1:
        [(first, last)] = choice
        assert response.status == 206
        assert response.field("content-range") == f"bytes {first}-{last}/{SIZE}"
        assert response.body == CONTENT[first:last + 1]
    else:
        assert response.status == 206
        assert response.field("content-range") is None
        assert parts_of(response) == [
            (first, last, SIZE, "text/plain; charset=utf-8", CONTENT[first:last + 1])
            for first, last in choice]


@pytest.mark.parametrize("value", CHOICES, ids=lambda value: value[:40])
def test_choice(range_server, value):
    check_choice(range_server.get("/data.txt", fields=[("Range", value)]), CHOICES[value])


def random_ranges(chance):
    """A field value, and the half-open ranges that it stands for."""
    reach = chance.choice([50, 3000, SIZE // 20, SIZE])
    specs, asked = [], []
    for _ in range(chance.randint(1, 24)):
        first = chance.randrange(SIZE + SIZE // 50)
        end = first + chance.randint(1, reach)
        kind = chance.random()
        if kind < 0.1:
            specs.append(f"-{chance.randint(0, reach)}")
            asked.append((max(0, SIZE - int(specs[-1][1:])), SIZE))
        elif kind < 0.15:
            first = SIZE - chance.randint(0, reach)
            specs.append(f"{first}-")
            asked.append((first, SIZE))
        else:
            specs.append(f"{first}-{end - 1}")
            asked.append((first, min(end, SIZE)))
    return "bytes=" + chance.choice([",", ", "]).join(specs), [r for r in asked if r[0] < r[1]]


def expected_choice(asked):
    """Puts ranges together one pair after the other, for as long as there is such a pair."""
    if sum(end - first for first, end in asked) > SIZE:
        return EVERYTHING
    ranges = list(asked)
    while pair := next(((i, j) for j in range(len(ranges)) for i in range(j)
                        if ranges[i][0] <= ranges[j][1] and ranges[j][0] <= ranges[i][1]), None):
        first, second = ranges[pair[0]], ranges.pop(pair[1])
        ranges[pair[0]] = (min(first[0], second[0]), max(first[1], second[1]))
    if len(ranges) > MOST_RANGES:
        return EVERYTHING
    return [(first, end - 1) for first, end in ranges]


@pytest.mark.parametrize("seed", range(8))
def test_random_sets_on_one_connection(range_server, seed):
    chance = random.Random(seed)
    counts = []
    with range_server.connect() as connection:
        for _ in range(100):
            value, asked = random_ranges(chance)
            choice = expected_choice(asked)
            try:
                check_choice(connection.ask("/data.txt", fields=[("Range", value)]), choice)
            except AssertionError as error:
                raise AssertionError(f"{value}: {error}") from error
            counts.append(len(choice or []))
    assert sum(count > 1 for count in counts) > 20, "the sets test nothing"


def test_another_parser_agrees(range_server):
    response = range_server.get("/data.txt", fields=[("Range", "bytes=0-99,200-299,-7")])
    message = email.message_from_bytes(
        b"Content-Type: " + response.field("content-type").encode() + b"\r\n\r\n" + response.body)
    assert [part["content-range"] for part in message.get_payload()] == [
        f"bytes 0-99/{SIZE}", f"bytes 200-299/{SIZE}", f"bytes {SIZE - 7}-{LAST}/{SIZE}"]
    assert not message.defects


def test_no_boundary_is_like_another(range_server):
    """Whoever could foresee it could put it into a file."""
    boundaries = {boundary_of(range_server.get("/data.txt", fields=[("Range", "bytes=0-0,5-5")]))
                  for _ in range(50)}
    assert len(boundaries) == 50
    assert all(len(boundary) >= 20 for boundary in boundaries)


def test_several_ranges_have_the_fields_of_the_whole(range_server):
    whole = range_server.get("/data.txt")
    parts = range_server.get("/data.txt", fields=[("Range", "bytes=0-0,5-5")])
    for name in ("etag", "last-modified", "server", "accept-ranges"):
        assert parts.field(name) == whole.field(name)


def test_head_has_no_ranges(range_server):
    response = range_server.get("/data.txt", "HEAD", [("Range", "bytes=0-0,5-5")])
    assert (response.status, response.content_length) == (200, SIZE)
    assert response.field("content-type") == "text/plain; charset=utf-8"


def test_1_0_may_ask_for_several(range_server):
    response = range_server.get("/data.txt", fields=[("Range", "bytes=0-0,5-5")],
                                version="HTTP/1.0")
    check_choice(response, [(0, 0), (5, 5)])


def test_an_empty_file_has_no_ranges(range_server):
    response = range_server.get("/empty.bin", fields=[("Range", "bytes=0-0,5-5,-3")])
    assert (response.status, response.field("content-range")) == (416, "bytes */0")


@pytest.mark.parametrize("values", [("bytes=0-0", "bytes=5-5"), ("bytes=0-0,5-5", "bytes=0-0")])
def test_two_range_fields_are_no_list(range_server, values):
    """The value is no list (RFC 9110 §14.2), so a second line makes the field meaningless."""
    response = range_server.get("/data.txt", fields=[("Range", value) for value in values])
    check_choice(response, EVERYTHING)


CONDITIONS = {"its tag": (lambda whole: whole.field("etag"), True),
              "its date": (lambda whole: whole.field("last-modified"), True),
              "its weak tag": (lambda whole: "W/" + whole.field("etag"), False),
              "another tag": (lambda whole: '"other"', False),
              "another date": (lambda whole: "Sun, 06 Nov 1994 08:49:37 GMT", False)}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_if_range(range_server, condition):
    make_value, holds = CONDITIONS[condition]
    value = make_value(range_server.get("/data.txt"))
    response = range_server.get("/data.txt", fields=[("Range", "bytes=0-0,5-5"),
                                                     ("If-Range", value)])
    check_choice(response, [(0, 0), (5, 5)] if holds else EVERYTHING)


def test_far_apart_in_a_large_file(range_server, root):
    ranges = [(SPARSE_SIZE - 2000, SPARSE_SIZE - 1), (0, 70_000),
              (SPARSE_SIZE // 2 - 100_000, SPARSE_SIZE // 2 + 3_000_000), (150 << 20, 151 << 20)]
    response = range_server.get("/sparse.bin", fields=[("Range", written(ranges))])
    parts = parts_of(response)
    assert [part[:3] for part in parts] == [(*part, SPARSE_SIZE) for part in ranges]
    with open(root / "sparse.bin", "rb") as file:
        for first, last, _, _, content in parts:
            file.seek(first)
            assert content == file.read(last - first + 1)


def test_nearly_all_of_a_large_file(range_server):
    """More than any buffer on the way holds, so that a client's pace decides."""
    half = SPARSE_SIZE // 2
    with range_server.connect() as connection:
        connection.send(build_request("/sparse.bin", fields=[
            ("Range", f"bytes=0-{half - 2},{half}-")]) + build_request("/empty.bin"))
        head = connection.read_head()
        framing_bytes = head.content_length - (SPARSE_SIZE - 1)
        assert 0 < framing_bytes < 1000
        connection.read_digest(head.content_length)
        response = connection.read_response()
    assert (response.status, response.body) == (200, b"")


def test_pipelined_requests_stay_in_step(range_server):
    choices = [(value, choice) for value, choice in CHOICES.items() if choice]
    with range_server.connect() as connection:
        connection.send(b"".join(build_request("/data.txt", fields=[("Range", value)])
                                 for value, _ in choices))
        for _, choice in choices:
            check_choice(connection.read_response(), choice)


def test_a_client_that_pauses(range_server, root):
    """It loses its pipe meanwhile, in the middle of a part, but not a byte."""
    ranges = [(0, 3_000_000), (SPARSE_SIZE // 2 - 5_000_000, SPARSE_SIZE // 2 + 5_000_000)]
    with range_server.connect(receive_buffer=64 * 1024) as connection:
        connection.send(build_request("/sparse.bin", fields=[("Range", written(ranges))]))
        head = connection.read_head()
        body = b""
        while len(body) < head.content_length:
            if len(body) < 6_000_000:
                time.sleep(0.3)
            body += connection.read_exactly(min(2_000_000, head.content_length - len(body)))
    parts = parts_of(dataclasses.replace(head, body=body))
    with open(root / "sparse.bin", "rb") as file:
        for (first, last), part in zip(ranges, parts, strict=True):
            file.seek(first)
            assert part[4] == file.read(last - first + 1)


def test_clients_that_vanish(range_server):
    before = descriptor_counts(range_server.pid)
    for _ in range(100):
        connection = range_server.connect(receive_buffer=8 * 1024)
        connection.send(build_request("/sparse.bin", fields=[("Range", "bytes=0-9999999,-9999")]))
        connection.read_head()
        connection.reset()
    wait_until(lambda: descriptor_counts(range_server.pid)["sockets"] <= before["sockets"],
               "connections to end")
    wait_until(lambda: descriptor_counts(range_server.pid)["files"] <= before["files"] + 2,
               "the file to be closed")
    check_choice(range_server.get("/data.txt", fields=[("Range", "bytes=0-0,5-5")]),
                 [(0, 0), (5, 5)])


@pytest.mark.parametrize("size", [0, 1000, 30 << 20])
def test_a_file_that_becomes_shorter(range_server, root, size):
    """Its client sees a stream that ends too early, and no byte of anything else."""
    path = root / f"shrinking-{size}.bin"
    with open(path, "wb") as file:
        file.truncate(60 << 20)
    with range_server.connect(receive_buffer=8 * 1024) as connection:
        connection.send(build_request("/" + path.name, fields=[
            ("Range", f"bytes=0-{20 << 20},{40 << 20}-")]))
        head = connection.read_head()
        os.truncate(path, size)
        received = connection.read_rest()
    assert len(received) < head.content_length
    second = received.find(b"\r\n--", 100)
    assert not any(received[received.index(b"\r\n\r\n") + 4:second if second > 0 else None])


@pytest.fixture(scope="module")
def traced(new_directory, start_shared):
    root = new_directory()
    with open(root / "big.bin", "wb") as big:
        big.truncate(TRACED_SIZE)
    server = start_shared(root)
    server.get("/big.bin", "HEAD")
    return server


TRACED_RANGES = [(number << 22, (number << 22) + (3 << 20)) for number in range(16)]


def ask_traced(server):
    response = server.get("/big.bin", fields=[("Range", written(TRACED_RANGES))])
    parts = parts_of(response)
    assert [part[:2] for part in parts] == TRACED_RANGES
    assert not any(any(part[4]) for part in parts)
    return sum(last - first + 1 for first, last in TRACED_RANGES)


def test_the_ring_reads_no_part(traced):
    with trace_ring(traced.pid) as ring:
        ask_traced(traced)
    copied = sum(count for opcode, count in ring.bytes.items()
                 if re.search("READ|WRITE|SEND", opcode or ""))
    assert copied < OVERHEAD_BYTES, ring.bytes


@pytest.mark.skipif(SANITIZED, reason="sanitizers make system calls of their own")
def test_no_system_call_carries_the_parts(traced, tmp_path):
    ask_traced(traced)  # in the page cache from now on
    with trace_calls(traced.pid, tmp_path / "strace.txt") as moved:
        size = ask_traced(traced)
    assert moved["splice"] >= size, moved
    assert sum(moved[call] for call in DATA_CALLS) < OVERHEAD_BYTES, moved
    assert moved["mmap"] < 1 << 20, moved
