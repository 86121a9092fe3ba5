"""curl, wget and aria2 fetch a large file in parts, and come back to see whether it has changed."""

import hashlib
import os
import re
import subprocess
import time

import pytest

from support.tree import noise, sha256_of_file, write
from support.waiting import wait_until

SIZE = 1 << 30
BLOCK = 1 << 20
# A block of noise in every 8 MiB, at an offset that is no multiple of a page. Between them are
# holes, which cost no disk; a part that came from elsewhere would still move the noise.
STRIDE = 8 << 20
SHIFT = 12_345
INTERRUPTED_AT = 48 << 20
# Slow enough to be caught in the middle.
RATE = "60M"
DAY_SECONDS = 86_400
SMALL = noise(3 << 20)

CURL = ("curl", "--silent", "--show-error", "--noproxy", "*")
WGET = ("wget", "--no-config", "--no-proxy", "--no-verbose", "--tries=1", "--server-response")
ARIA2 = ("aria2c", "--no-conf", "--all-proxy=", "--file-allocation=none", "--log=-",
         "--log-level=info", "--console-log-level=error", "--summary-interval=0", "--max-tries=1")
SEGMENTED = ("-x8", "-s8", "-k1M")


@pytest.fixture(scope="module")
def large(new_directory):
    path = new_directory() / "large.bin"
    with open(path, "wb") as file:
        for index, offset in enumerate(range(SHIFT, SIZE - BLOCK, STRIDE)):
            file.seek(offset)
            file.write(noise(BLOCK, seed=index))
        file.seek(SIZE - 1)
        file.write(b"!")
    return path


@pytest.fixture(scope="module")
def large_url(large, start_shared):
    return f"http://127.0.0.1:{start_shared(large.parent).port}/{large.name}"


@pytest.fixture
def saved(directory):
    """Where clients save the file; what they have saved is deleted at once."""
    path = directory / "saved.bin"
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def changing(start, new_directory):
    """A file that is going to be replaced, and its address."""
    path = write(new_directory() / "file.bin", SMALL)
    old = time.time() - 2 * DAY_SECONDS  # Last-Modified is never in the future
    os.utime(path, (old, old))
    return path, f"http://127.0.0.1:{start(path.parent).port}/{path.name}"


def run(*command, statuses=(0,)):
    """Runs a client to its end; what it says is in `stdout`, the fields of responses too."""
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=50)
    assert done.returncode in statuses, f"exit status {done.returncode}: {done.stdout[-2000:]}"
    return done


def interrupt(command, saved):
    """Starts a client and ends it when it has saved some of the file.

    By SIGTERM: who runs tests in the background has SIGINT ignored by what they start."""
    client = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: saved.exists() and saved.stat().st_blocks * 512 >= INTERRUPTED_AT,
                   f"{command[0]} to have saved some of the file")
        assert client.poll() is None, "it was faster than the test"
        client.terminate()
        assert client.wait(20) != 0
    finally:
        client.kill()
        client.wait()


def check_same(saved, original):
    run("cmp", saved, original)


def entity_tag(url):
    return re.search(r"(?mi)^etag: (\S+)", run(*CURL, "--head", url).stdout)[1]


def replace(path, url, content):
    """A new file at the same place, a day younger: no client can take it for the old one.

    The server may take a moment to notice."""
    old_tag = entity_tag(url)
    modified = path.stat().st_mtime + DAY_SECONDS
    new = write(path.with_name("new"), content)
    os.utime(new, (modified, modified))
    new.rename(path)
    wait_until(lambda: entity_tag(url) != old_tag, "another entity tag")


def test_curl_resumes(large, large_url, saved):
    interrupt([*CURL, "--limit-rate", RATE, "-o", saved, large_url], saved)
    there = saved.stat().st_size
    assert INTERRUPTED_AT <= there < SIZE
    numbers = run(*CURL, "-C", "-", "-o", saved, "-w", "%{http_code} %{size_download}", large_url)
    assert numbers.stdout == f"206 {SIZE - there}"
    check_same(saved, large)
    # There is nothing after the end, and curl knows what a 416 means then.
    assert run(*CURL, "-C", "-", "-o", saved, "-w", "%{http_code}", large_url).stdout == "416"
    check_same(saved, large)


def test_wget_resumes(large, large_url, saved):
    interrupt([*WGET, f"--limit-rate={RATE}", "-O", saved, large_url], saved)
    there = saved.stat().st_size
    assert INTERRUPTED_AT <= there < SIZE
    answer = run(*WGET, "-c", "-O", saved, large_url).stdout
    assert f"Content-Range: bytes {there}-{SIZE - 1}/{SIZE}" in answer
    check_same(saved, large)
    assert " 416 " in run(*WGET, "-c", "-O", saved, large_url).stdout
    check_same(saved, large)


def test_aria2_fetches_segments_at_once_and_resumes_them(large, large_url, saved):
    to_saved = ("--dir", saved.parent, "--out", saved.name, large_url)
    interrupt([*ARIA2, *SEGMENTED, f"--max-overall-download-limit={RATE}", *to_saved], saved)
    assert saved.with_name(saved.name + ".aria2").exists()
    log = run(*ARIA2, *SEGMENTED, "--continue", *to_saved).stdout
    starts = set(re.findall(r"(?m)^Range: bytes=(\d+)-", log))
    assert len(starts) >= 8, starts
    assert log.count("HTTP/1.1 206 ") >= 8
    check_same(saved, large)
    assert not saved.with_name(saved.name + ".aria2").exists()


@pytest.mark.parametrize("client", ["curl", "wget"])
def test_parts_of_two_files_are_not_mixed(changing, saved, client):
    """Neither client asks by itself whether the file is still the same, but both can be told to.

    curl refuses to write the whole file after the part that it has. wget would do so, and would
    leave out as much of the whole as it has; but it stops at an error."""
    path, url = changing
    commands = {
        "curl": lambda tag: (*CURL, "-C", "-", "-H", f"If-Range: {tag}", "-o", saved, url),
        "wget": lambda tag: (*WGET, "-c", f"--header=If-Match: {tag}", "-O", saved, url)}
    tag = entity_tag(url)
    part = write(saved, SMALL[:1_000_000]).read_bytes()
    run(*commands[client](tag))
    assert saved.read_bytes() == SMALL

    saved.write_bytes(part)
    replace(path, url, noise(len(SMALL), seed=1))
    run(*commands[client](tag), statuses={"curl": [33], "wget": [8]}[client])
    assert saved.read_bytes() == part


def test_aria2_notices_that_parts_do_not_fit(changing, saved):
    """It does not ask whether the file is still the same, but can be told the hash of the whole."""
    path, url = changing
    content = noise(len(SMALL), seed=2)
    command = (*ARIA2, *SEGMENTED, f"--checksum=sha-256={hashlib.sha256(content).hexdigest()}",
               "--dir", saved.parent, "--out", saved.name, url)
    write(saved, SMALL[:1_000_000])
    replace(path, url, content)
    run(*command, "--continue", statuses=[32])
    run(*command, "--allow-overwrite")
    assert saved.read_bytes() == content


def test_curl_asks_by_date(changing, saved):
    path, url = changing
    command = (*CURL, "-R", "-o", saved, "-z", saved, "-w", "%{http_code}", url)
    run(*CURL, "-R", "-o", saved, url)
    assert saved.stat().st_mtime == int(path.stat().st_mtime)
    assert run(*command).stdout == "304"
    assert saved.read_bytes() == SMALL
    replace(path, url, b"new")
    assert run(*command).stdout == "200"
    assert saved.read_bytes() == b"new"
    assert run(*command).stdout == "304"


def test_curl_asks_by_entity_tag(changing, saved):
    path, url = changing
    tags = saved.with_name("tag")
    command = (*CURL, "--etag-save", tags, "--etag-compare", tags, "-o", saved,
               "-w", "%{http_code}", url)
    assert run(*command).stdout == "200"
    assert saved.read_bytes() == SMALL
    assert run(*command).stdout == "304"
    replace(path, url, b"new")
    assert run(*command).stdout == "200"
    assert saved.read_bytes() == b"new"


@pytest.mark.parametrize("how", ["If-Modified-Since", "HEAD"])
def test_wget_fetches_what_is_newer(changing, saved, how):
    path, url = changing
    asks = ("--no-if-modified-since",) if how == "HEAD" else ()
    command = (*WGET, "-N", *asks, "-P", saved.parent, url)
    fetched = saved.with_name(path.name)
    run(*command)
    assert fetched.read_bytes() == SMALL
    assert sha256_of_file(fetched) == sha256_of_file(path)
    answer = run(*command).stdout
    assert re.findall(r"HTTP/1\.1 (\d+)", answer) == ["200" if how == "HEAD" else "304"]
    assert fetched.read_bytes() == SMALL
    replace(path, url, b"new")
    run(*command)
    assert fetched.read_bytes() == b"new"


def test_aria2_asks_by_date(changing, saved):
    path, url = changing
    command = (*ARIA2, "--conditional-get", "--allow-overwrite", "--remote-time",
               "--dir", saved.parent, "--out", saved.name, url)
    assert "HTTP/1.1 200 " in run(*command).stdout
    assert "HTTP/1.1 304 " in run(*command).stdout
    assert saved.read_bytes() == SMALL
    replace(path, url, b"new")
    assert "HTTP/1.1 200 " in run(*command).stdout
    assert saved.read_bytes() == b"new"
