"""Variants that the server makes itself, in the background."""

import gzip
import os

import pytest

from support.compression import (CODINGS, CONFIGURATION, MODIFIED, ask, await_variant, await_work,
                                 content_of, make, text)
from support.tracing import DATA_CALLS, trace_calls
from support.tree import noise

LARGEST_BYTES = 64 << 20
OVERHEAD_BYTES = 64 * 1024


@pytest.fixture(scope="module")
def base(new_directory):
    base = new_directory()
    (base / "root").mkdir()
    return base


@pytest.fixture(scope="module")
def root(base):
    return base / "root"


@pytest.fixture(scope="module")
def compressing_server(base, root, start_configured_shared):
    return start_configured_shared(CONFIGURATION, base)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("name, essence", [("page.html", "text/html"), ("data.json", None),
                                           ("program.wasm", None), ("picture.svg", None)])
def test_first_the_file_and_then_the_variant(compressing_server, root, coding, name, essence):
    name = f"{coding}-{name}"
    make(root, name, content := text(30_000))
    first = ask(compressing_server, name, coding)
    assert first.field("content-encoding") is None
    assert first.body == content
    assert first.field("vary") == "Accept-Encoding"
    variant = await_variant(compressing_server, name, coding, content)
    assert len(variant.body) < len(content) / 2
    assert variant.field("vary") == "Accept-Encoding"
    assert variant.field("content-type") == first.field("content-type")
    assert variant.field("last-modified") == first.field("last-modified")
    assert variant.field("etag") not in (None, first.field("etag"))
    if essence:
        assert variant.field("content-type").startswith(essence)


def test_all_codings_are_made_at_once(compressing_server, root):
    """Whoever comes with another coding finds it made."""
    make(root, "once.txt", content := text(20_000, 1))
    await_variant(compressing_server, "once.txt", "br", content)
    tags = {ask(compressing_server, "once.txt").field("etag")}
    for coding in CODINGS:
        variant = await_variant(compressing_server, "once.txt", coding, content)
        tags.add(variant.field("etag"))
    assert len(tags) == 4


def test_other_sites_are_served_as_before(compressing_server, root):
    make(root, "other.txt", content := text(20_000, 2))
    await_variant(compressing_server, "other.txt", "gzip", content)
    response = ask(compressing_server, "other.txt", "gzip", host="off.test")
    assert response.field("content-encoding") is None and response.body == content
    assert response.field("vary") is None


def test_conditions_and_ranges(compressing_server, root):
    make(root, "parts.txt", content := text(20_000, 3))
    variant = await_variant(compressing_server, "parts.txt", "gzip", content)
    tag = variant.field("etag")
    response = ask(compressing_server, "parts.txt", "gzip", [("If-None-Match", tag)])
    assert (response.status, response.field("etag")) == (304, tag)
    assert response.field("vary") == "Accept-Encoding"
    part = ("Range", "bytes=100-199")
    response = ask(compressing_server, "parts.txt", "gzip", [part, ("If-Range", tag)])
    assert (response.status, response.body) == (206, variant.body[100:200])
    plain_tag = ask(compressing_server, "parts.txt").field("etag")
    response = ask(compressing_server, "parts.txt", "gzip", [part, ("If-Range", plain_tag)])
    assert (response.status, response.body) == (206, content[100:200])
    head = ask(compressing_server, "parts.txt", "gzip", method="HEAD")
    assert head.content_length == len(variant.body)
    assert head.field("content-encoding") == "gzip"


def test_a_variant_beside_the_file_comes_first(compressing_server, root):
    make(root, "beside.txt", text(20_000, 4))
    make(root, "beside.txt.gz", beside := gzip.compress(text(20_000, 4), 1))
    assert ask(compressing_server, "beside.txt", "gzip").body == beside
    await_variant(compressing_server, "beside.txt", "br", text(20_000, 4))
    assert ask(compressing_server, "beside.txt", "gzip").body == beside


def test_a_variant_beside_the_file_that_is_too_old(compressing_server, root):
    make(root, "outdated.txt", content := text(20_000, 15))
    make(root, "outdated.txt.gz", gzip.compress(b"what it was before"), MODIFIED - 1)
    await_variant(compressing_server, "outdated.txt", "gzip", content)


def test_what_is_not_compressed(compressing_server, root):
    contents = {
        "small.txt": text(255), "empty.txt": b"", "noise.txt": noise(20_000),
        "picture.png": text(20_000), "archive.zip": text(20_000), "unknown.sluice": text(20_000),
        "film.mp4": text(20_000),
    }
    for name, content in contents.items():
        make(root, name, content)
    with open(root / "large.txt", "wb") as large:
        large.truncate(LARGEST_BYTES + 1)
    for name, content in contents.items():
        assert ask(compressing_server, name, "gzip").body == content
    assert ask(compressing_server, "large.txt", "gzip", method="HEAD").status == 200
    await_work(compressing_server, root)
    for name, content in contents.items():
        for coding in CODINGS:
            response = ask(compressing_server, name, coding)
            assert response.field("content-encoding") is None, name
            assert response.body == content
            assert response.field("vary") is None, name
    head = ask(compressing_server, "large.txt", "gzip", method="HEAD")
    assert head.content_length == LARGEST_BYTES + 1
    assert head.field("vary") is None


def test_sizes_at_the_lower_bound(compressing_server, root):
    make(root, "least.txt", content := b"a" * 256)
    await_variant(compressing_server, "least.txt", "gzip", content)


def test_files_without_tags_are_not_compressed(compressing_server, root):
    """Nothing would tell a variant from that of the next content."""
    make(root, "untagged.txt", content := text(20_000, 5))
    ask(compressing_server, "untagged.txt", "gzip", host="none.test")
    await_work(compressing_server, root)
    response = ask(compressing_server, "untagged.txt", "gzip", host="none.test")
    assert response.field("content-encoding") is None and response.body == content


def written(path, content, seconds):
    path.write_bytes(content)
    os.utime(path, (seconds, seconds))


def renamed(path, content, seconds):
    make(path.parent, "new-" + path.name, content, seconds).rename(path)


@pytest.mark.parametrize("change", [written, renamed])
@pytest.mark.parametrize("coding", ["gzip", "br"])
@pytest.mark.parametrize("host, seconds", [("on.test", 1), ("on.test", -1), ("content.test", 0)])
def test_a_file_that_changes(compressing_server, root, change, coding, host, seconds):
    """From the moment of the change on nobody gets the old content, nor its tag."""
    path = make(root, f"changing-{coding}-{change.__name__}{seconds}.txt", first := text(20_000, 6))
    tags = [await_variant(compressing_server, path.name, coding, first, host).field("etag")]
    for number in (1, 2, 3):
        change(path, content := text(20_000, 6 + number), MODIFIED + number * seconds)
        variant = await_variant(compressing_server, path.name, coding, content, host)
        assert variant.field("etag") not in tags
        tags.append(variant.field("etag"))


@pytest.mark.parametrize("change", [written, renamed])
def test_a_change_that_the_tag_does_not_show(compressing_server, root, change):
    """Size and time are what they were, but the client that asks for the first time gets what
    there is now, in every coding."""
    path = make(root, f"secretly-{change.__name__}.txt", before := text(20_000, 16))
    await_variant(compressing_server, path.name, "gzip", before)
    change(path, content := text(20_000, 17), MODIFIED)
    assert ask(compressing_server, path.name).body == content
    await_variant(compressing_server, path.name, "gzip", content)


def test_a_file_that_changes_all_the_time(start_configured, directory):
    """Whichever thread answers, it answers with the new content."""
    path = make(directory / "root", "busy.txt", text(20_000, 100))
    server = start_configured(CONFIGURATION, directory, "--threads", "4")
    for number in range(101, 131):
        content = text(20_000, number)
        make(directory / "root", "busy.txt.new", content, MODIFIED + number).rename(path)
        for coding in (*CODINGS, None):
            assert content_of(ask(server, "busy.txt", coding)) == content
        if number % 2:  # else it changes while it is compressed
            await_variant(server, "busy.txt", "gzip", content)


def test_a_file_that_is_gone_is_not_served_from_the_cache(compressing_server, root):
    path = make(root, "gone.txt", content := text(20_000, 10))
    await_variant(compressing_server, "gone.txt", "gzip", content)
    path.unlink()
    assert ask(compressing_server, "gone.txt", "gzip").status == 404


def test_twins_have_variants_of_their_own(compressing_server, root):
    """Equal size and time, hence equal tags, and yet different content."""
    contents = {f"twin-{number}.txt": text(20_000, number) for number in (11, 12)}
    for name, content in contents.items():
        make(root, name, content)
    for name, content in contents.items():
        await_variant(compressing_server, name, "gzip", content)


@pytest.fixture
def large_variant(start_configured, directory):
    """Compresses to a quarter, so that its variant is large as well."""
    half_bytes = noise(3 << 19, 14).translate(bytes(number & 0x33 for number in range(256)))
    make(directory / "root", "large.txt", half_bytes)
    server = start_configured(CONFIGURATION, directory)
    variant = await_variant(server, "large.txt", "gzip", half_bytes)
    await_variant(server, "large.txt", "zstd", half_bytes)
    await_variant(server, "large.txt", "br", half_bytes)
    assert len(variant.body) > OVERHEAD_BYTES * 8
    return server, variant


def test_variants_are_spliced(large_variant, tmp_path):
    server, variant = large_variant
    with trace_calls(server.pid, tmp_path / "strace.txt") as moved:
        assert ask(server, "large.txt", "gzip").body == variant.body
    assert moved["splice"] >= len(variant.body), moved
    assert sum(moved[call] for call in DATA_CALLS) < OVERHEAD_BYTES, moved


def test_work_does_not_hold_up_others(compressing_server, root):
    """Files that take brotli long are compressed while others are asked for."""
    for number in range(6):
        make(root, f"long-{number}.txt", text(3 << 20, number))
        ask(compressing_server, f"long-{number}.txt", "br", method="HEAD")
    make(root, "quick.txt", b"quick")
    with compressing_server.connect() as connection:
        for _ in range(200):
            assert connection.ask("/quick.txt", host="on.test").body == b"quick"
