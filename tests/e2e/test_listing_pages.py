"""Large directories: listed page by page, in every order."""

import os
import random
import re
import shutil
import tempfile
import time
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from support.listing import ask_json, ask_page, names_of, resolve
from support.server import SANITIZED
from support.tree import write
from support.waiting import Later

CONFIGURATION = """
[server]
threads = 1

[[site]]
root = "root"
listing = true

  [[site.mount]]
  path = "/huge"
  root = "{huge}"
  listing = true
"""

HUGE_COUNT = 100_000
PAGED_COUNT = 2_500
PAGE_COUNT = 1_000


@pytest.fixture(scope="module")
def huge():
    """In memory where there is such a place: a disk takes long for so many."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    path = Path(tempfile.mkdtemp(prefix="sluice-e2e-", dir=place))
    path.chmod(0o755)
    for number in range(HUGE_COUNT):
        os.close(os.open(f"{path}/file-{number:06}", os.O_CREAT | os.O_WRONLY, 0o644))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def root(new_directory):
    root = new_directory() / "root"
    make_sorted(root / "sorted")
    write(root / "file.txt", b"file\n")
    return root


def make_sorted(directory):
    """Many of the same size and the same time, and a few directories."""
    dice = random.Random(7)
    for number in range(PAGED_COUNT):
        path = write(directory / f"{dice.randrange(1 << 30):x}-{number}", b"x" * dice.randrange(40))
        moment = 1_700_000_000_000_000_000 + dice.choice([0, 1, 999_999_999, 10**9, -10**9]) \
            + dice.randrange(3) * 86_400_000_000_000
        os.utime(path, ns=(moment, moment))
    for number in range(20):
        path = directory / f"directory-{dice.randrange(1 << 30):x}"
        path.mkdir()
        os.utime(path, (1_700_000_000 + number % 4, 1_700_000_000 + number % 4))
    (directory / "at-epoch").touch()
    os.utime(directory / "at-epoch", ns=(0, 0))
    (directory / "before-epoch").touch()
    os.utime(directory / "before-epoch", ns=(-10**9 - 1, -10**9 - 1))


@pytest.fixture(scope="module")
def server(root, huge, start_configured_shared):
    return start_configured_shared(CONFIGURATION.replace("{huge}", str(huge)), root.parent)


@pytest.fixture(scope="module")
def connection(server):
    with server.connect() as opened:
        yield opened


def expected_order(directory, sort, descending):
    def key(path):
        status = path.stat()
        return {"name": path.name.encode(), "size": status.st_size,
                "modified": status.st_mtime_ns}[sort]

    paths = sorted(directory.iterdir(), key=lambda path: path.name.encode())
    groups = [[path for path in paths if path.is_dir()], [path for path in paths if path.is_file()]]
    if sort != "size":
        groups[0].sort(key=key, reverse=descending)
    groups[1].sort(key=key, reverse=descending)
    return [path.name for group in groups for path in group]


def walk(connection, target, host="list.test"):
    """All names, page by page, and how many pages there were."""
    names, pages = [], 0
    while target:
        listing = ask_json(connection, target, host)
        pages += 1
        assert 0 < len(listing["entries"]) <= PAGE_COUNT
        names += names_of(listing)
        target = resolve(target, listing["next"]) if "next" in listing else None
    return names, pages


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["name", "size", "modified"])
def test_pages_have_each_file_once_and_in_order(root, connection, sort, order):
    # Equal ones are in the order of their names, whichever way the others are.
    names, pages = walk(connection, f"/sorted/?sort={sort}&order={order}")
    assert pages == 3
    expected = expected_order(root / "sorted", sort, order == "desc")
    assert sorted(names) == sorted(expected)
    assert names == expected


def test_pages_of_html(root, connection):
    target, names = "/sorted/", []
    for _ in range(3):
        page = ask_page(connection, target)
        names += [text.rstrip("/") for _, text in page.rows]
        target = page.next and resolve(target, page.next)
    assert target is None
    assert names == expected_order(root / "sorted", "name", False)


def test_columns_lead_to_the_other_orders(root, connection):
    for query, expected in {
            "": [("name", True), ("size", True), ("modified", True)],
            "?order=desc": [("name", False), ("size", True), ("modified", True)],
            "?sort=size&order=desc": [("name", False), ("size", False), ("modified", True)],
            "?sort=modified": [("name", False), ("size", True), ("modified", True)]}.items():
        columns = ask_page(connection, f"/sorted/{query}").links["thead"]
        assert len(columns) == len(expected)
        for (href, _), (sort, descending) in zip(columns, expected):
            listing = ask_json(connection, resolve("/sorted/", href))
            wanted = expected_order(root / "sorted", sort, descending)
            assert names_of(listing) == wanted[:PAGE_COUNT]


@pytest.mark.parametrize("name", [b"&", b"\xe4", b"\x01", b"'"])
def test_a_page_of_the_longest_names(root, connection, name):
    directory = os.fsencode(root) + b"/long-%02x" % name[0]
    os.mkdir(directory)
    names = [b"%04d" % number + name * 251 for number in range(PAGE_COUNT)]
    for file in names:
        os.close(os.open(directory + b"/" + file, os.O_CREAT | os.O_WRONLY, 0o644))
    target = f"/long-{name[0]:02x}/"
    listing = ask_json(connection, target)
    page = ask_page(connection, target)
    hrefs = [entry["href"] for entry in listing["entries"]]
    assert hrefs == [href for href, _ in page.rows]
    assert [unquote_to_bytes(href) for href in hrefs] == names


def test_a_page_goes_on_after_a_name_that_has_gone(new_directory, start):
    directory = new_directory()
    for number in range(PAGE_COUNT + 5):
        (directory / f"{number:05}").touch()
    with start(directory, "--listing").connect() as connection:
        first = ask_json(connection, "/")
        (directory / f"{PAGE_COUNT - 1:05}").unlink()
        (directory / "00000-new").touch()
        rest = ask_json(connection, resolve("/", first["next"]))
        assert names_of(rest) == [f"{number:05}" for number in range(PAGE_COUNT, PAGE_COUNT + 5)]
        assert ask_json(connection, "/?after=99999")["entries"] == []


@pytest.mark.parametrize("count", [PAGE_COUNT - 1, PAGE_COUNT, PAGE_COUNT + 1])
def test_full_pages(root, connection, count):
    directory = root / f"count-{count}"
    directory.mkdir()
    for number in range(count):
        (directory / str(number)).touch()
    names, pages = walk(connection, f"/{directory.name}/")
    assert len(set(names)) == len(names) == count
    assert pages == (2 if count > PAGE_COUNT else 1)


def memory_kib(server, kind):
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(rf"{kind}:\s+(\d+) kB", status)[1])


def test_a_huge_directory(server, connection):
    """Its memory is that of a page, and others go on being answered by the same thread."""
    assert connection.ask("/file.txt").status == 200
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")  # the peak begins here: proc(5)
    before = memory_kib(server, "VmRSS")
    queries = ["", "?sort=modified", "?order=desc&after=file-000999"]

    answered = 0

    def list_all():
        """Up to 20 times until others got three answers during one listing: they need a turn."""
        with server.connect() as own:
            for _ in range(20):
                pages, meanwhile = [], []
                for query in queries:
                    answered_before = answered
                    pages.append(ask_json(own, f"/huge/{query}"))
                    meanwhile.append(answered - answered_before)
                if max(meanwhile) >= 3:
                    break
            return pages, max(meanwhile)

    listing = Later(list_all)
    while listing.thread.is_alive():
        assert connection.ask("/file.txt").body == b"file\n"
        answered += 1
        time.sleep(0.01)  # leaves the processor to the listing
    (first, _, last), most_answers = listing.result()
    assert most_answers >= 3
    assert names_of(first) == [f"file-{number:06}" for number in range(PAGE_COUNT)]
    assert resolve("/", first["next"]) == f"/?after=file-{PAGE_COUNT - 1:06}"
    assert names_of(last) == [f"file-{number:06}" for number in reversed(range(999))]
    assert "next" not in last
    if not SANITIZED:
        assert memory_kib(server, "VmHWM") - before < 30 * 1024
