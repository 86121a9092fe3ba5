"""Variants beside a file, and which of them a client is sent (RFC 9110 §12.5.3, §8.8.3.3)."""

import os
import re

import pytest

from support.multipart import parts_of
from support.tree import SECRET, noise, write
from support.waiting import wait_until

MODIFIED = 1_700_000_000
EXTENSIONS = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
CODINGS = ["identity", *EXTENSIONS]
STRONG_TAG = re.compile(r'"[\x21\x23-\x7e]+"')
# It takes the server a second to look again for what was not there.
PATIENCE_SECONDS = 5

CONFIGURATION = """
[[site]]
hosts = ["on.test"]
root = "root"

[[site]]
hosts = ["off.test"]
root = "root"
precompressed = false

[[site]]
hosts = ["content.test"]
root = "root"
etag = "content"

[[site]]
hosts = ["none.test"]
root = "root"
etag = "none"

[[site]]
hosts = ["pages.test"]
root = "root"
clean_urls = true
fallback = "/index.html"

  [[site.rewrite]]
  from = "/rewritten"
  to = "/all.html"
"""


def content_of(name, coding="identity"):
    """As no two are alike and none is a prefix of another, nothing can be mistaken."""
    return noise(20_000 + 1000 * CODINGS.index(coding), f"{name}/{coding}")


def make(root, name, codings, seconds=MODIFIED):
    for coding in ("identity", *codings):
        path = write(root / (name + EXTENSIONS.get(coding, "")), content_of(name, coding))
        os.utime(path, (seconds, seconds))
    return root / name


@pytest.fixture(scope="module")
def root(new_directory):
    base = new_directory()
    write(base / "secret.txt", SECRET)
    root = base / "root"
    make(root, "all.html", EXTENSIONS)
    make(root, "some.txt", ["gzip"])
    make(root, "none.txt", [])
    make(root, "index.html", ["br"])
    make(root, "picture.png", ["gzip", "br"])
    make(root, "unknown.sluice", ["gzip"])
    return root


@pytest.fixture(scope="module")
def variant_server(root, start_configured_shared):
    return start_configured_shared(CONFIGURATION, root.parent)


@pytest.fixture(scope="module")
def connection(variant_server):
    with variant_server.connect() as opened:
        yield opened


def accepting(value):
    return [] if value is None else [("Accept-Encoding", value)]


def check_variant(response, name, coding, status=200):
    assert response.status == status
    assert response.field("content-encoding") == (None if coding == "identity" else coding)
    assert response.body == content_of(name, coding)


def coding_of(connection, name, accepted="br, zstd, gzip"):
    """Which variant a client gets. Its bytes are those of that variant, whichever it is."""
    response = connection.ask("/" + name, fields=accepting(accepted), host="on.test")
    coding = response.field("content-encoding") or "identity"
    check_variant(response, name, coding)
    return coding


# Accept-Encoding → what is sent when there is everything, and when there is gzip only. None: 406.
CHOICES = {
    None: ("identity", "identity"),
    "": ("identity", "identity"),
    "gzip": ("gzip", "gzip"),
    "br": ("br", "identity"),
    "zstd": ("zstd", "identity"),
    "gzip, br": ("br", "gzip"),
    "gzip, deflate, br, zstd": ("br", "gzip"),
    "zstd, gzip": ("zstd", "gzip"),
    "gzip, deflate": ("gzip", "gzip"),
    "deflate, compress": ("identity", "identity"),
    "unheard-of": ("identity", "identity"),
    # Weights.
    "gzip;q=1.0, br;q=0.5": ("gzip", "gzip"),
    "gzip;q=0.5, br;q=0.501": ("br", "gzip"),
    "gzip;q=0.001": ("gzip", "gzip"),
    "gzip;q=0.8, identity;q=0.9": ("identity", "identity"),
    "gzip;q=0.8, identity;q=0.8": ("gzip", "gzip"),
    "gzip;q=0.5, br;q=0.4, zstd;q=0.9": ("zstd", "gzip"),
    "gzip;q=0": ("identity", "identity"),
    "br;q=0, zstd;q=0.000, gzip;q=0.": ("identity", "identity"),
    "br;q=0, *": ("zstd", "gzip"),
    "br;q=0, br": ("br", "identity"),
    "gzip;q=1.000": ("gzip", "gzip"),
    # Everything, and nothing.
    "*": ("br", "gzip"),
    "*;q=0.5": ("br", "gzip"),
    "gzip;q=0.5, *;q=0.1": ("gzip", "gzip"),
    "identity;q=0.5, *;q=0.1": ("identity", "identity"),
    "identity, *;q=0": ("identity", "identity"),
    "identity": ("identity", "identity"),
    "identity;q=0": (None, None),
    "*;q=0": (None, None),
    "identity;q=0, deflate": (None, None),
    "identity;q=0, gzip": ("gzip", "gzip"),
    "identity;q=0, br": ("br", None),
    "*;q=0, br": ("br", None),
    "identity;q=0, *": ("br", "gzip"),
    # Names.
    "x-gzip": ("gzip", "gzip"),
    "X-GZIP;q=0.5, identity;q=0.1": ("gzip", "gzip"),
    "GZip": ("gzip", "gzip"),
    "BR": ("br", "identity"),
    "Identity;q=0, gzip;Q=1": ("gzip", "gzip"),
    "gzi": ("identity", "identity"),
    "gzipped": ("identity", "identity"),
    # Blanks and empty elements.
    "gzip ; q=0.5 , br ; q=0.6": ("br", "gzip"),
    ",,gzip,,": ("gzip", "gzip"),
    "gzip;q=0.5\t,\tbr;q=0.4": ("gzip", "gzip"),
    # What is malformed was not said.
    "gzip;q=2": ("identity", "identity"),
    "gzip;q=1.001": ("identity", "identity"),
    "gzip;q=0.0001": ("identity", "identity"),
    "gzip;q=-1": ("identity", "identity"),
    "gzip;q=": ("identity", "identity"),
    "gzip;q": ("identity", "identity"),
    "gzip;level=9": ("identity", "identity"),
    "gzip br": ("identity", "identity"),
    "gzip;q=2, br": ("br", "identity"),
    '"gzip"': ("identity", "identity"),
    "gzip," + "x" * 7000: ("gzip", "gzip"),
}


@pytest.mark.parametrize("value", CHOICES, ids=lambda value: str(value)[:40])
def test_choice(connection, value):
    for name, coding in zip(("all.html", "some.txt"), CHOICES[value]):
        response = connection.ask("/" + name, fields=accepting(value), host="on.test")
        assert response.field("vary") == "Accept-Encoding"
        if coding is None:
            assert response.status == 406
            assert response.field("content-encoding") is None
        else:
            check_variant(response, name, coding)


@pytest.mark.parametrize("value", CHOICES, ids=lambda value: str(value)[:40])
def test_head_chooses_alike(connection, value):
    get, head = (connection.ask("/all.html", method, accepting(value), host="on.test")
                 for method in ("GET", "HEAD"))
    assert [field for field in head.fields if field[0] != "date"] == \
        [field for field in get.fields if field[0] != "date"]
    assert head.status == get.status


def test_several_lines_are_one_list(connection):
    for lines in (["gzip", "br"], ["gzip;q=0.5", "zstd;q=0.1, br;q=0.9"]):
        fields = [("Accept-Encoding", line) for line in lines]
        check_variant(connection.ask("/all.html", fields=fields, host="on.test"), "all.html", "br")


def test_a_file_without_variants(connection):
    for value, status in [(None, 200), ("br, gzip", 200), ("*", 200), ("identity;q=0", 406),
                          ("identity;q=0, br", 406), ("*;q=0", 406)]:
        response = connection.ask("/none.txt", fields=accepting(value), host="on.test")
        assert response.status == status
        if status == 200:
            check_variant(response, "none.txt", "identity")
            assert response.field("vary") is None


def test_fields_of_variants(connection):
    responses = {coding: connection.ask("/all.html", fields=accepting(coding), host="on.test")
                 for coding in CODINGS}
    for coding, response in responses.items():
        check_variant(response, "all.html", coding)
        assert response.field("content-type") == "text/html; charset=utf-8"
        assert response.field("vary") == "Accept-Encoding"
        assert response.field("accept-ranges") == "bytes"
        assert STRONG_TAG.fullmatch(response.field("etag"))
    assert len({response.field("etag") for response in responses.values()}) == len(CODINGS)


@pytest.mark.parametrize("host", ["on.test", "content.test"])
def test_tags_differ_even_where_the_variants_do_not(root, connection, host):
    """Two codings that look alike byte for byte are still two representations."""
    for extension in ("", *EXTENSIONS.values()):
        os.utime(write(root / f"alike-{host}.txt{extension}", b"alike"), (0, MODIFIED))
    def tag_of(coding):
        response = connection.ask(f"/alike-{host}.txt", fields=accepting(coding), host=host)
        return response.field("etag")
    # A worker without a processor may take longer than the server waits for it.
    tags = {wait_until(lambda: tag_of(coding), "an entity tag") for coding in CODINGS}
    assert len(tags) == len(CODINGS)


def test_variants_without_tags(connection):
    response = connection.ask("/all.html", fields=accepting("br"), host="none.test")
    check_variant(response, "all.html", "br")
    assert response.field("etag") is None


def test_variants_may_be_switched_off(connection):
    response = connection.ask("/all.html", fields=accepting("br, gzip"), host="off.test")
    check_variant(response, "all.html", "identity")
    assert response.field("vary") is None


def test_the_index_has_variants(connection):
    response = connection.ask("/", fields=accepting("gzip, br"), host="on.test")
    check_variant(response, "index.html", "br")
    assert response.field("content-type") == "text/html; charset=utf-8"


@pytest.mark.parametrize("target, name", [("/all", "all.html"), ("/some/route", "index.html"),
                                          ("/rewritten", "all.html")])
def test_pages_found_by_other_names_have_variants(connection, target, name):
    fields = [*accepting("br"), ("Accept", "text/html")]
    response = connection.ask(target, fields=fields, host="pages.test")
    check_variant(response, name, "br")
    assert response.field("vary").startswith("Accept-Encoding")
    assert response.field("content-type") == "text/html; charset=utf-8"


def test_pictures_are_compressed_as_they_are(connection):
    response = connection.ask("/picture.png", fields=accepting("br, gzip"), host="on.test")
    check_variant(response, "picture.png", "identity")
    assert response.field("content-type") == "image/png"


def test_unknown_types_may_have_variants(connection):
    assert coding_of(connection, "unknown.sluice") == "gzip"


@pytest.mark.parametrize("coding, essence", [("gzip", "application/gzip"),
                                             ("zstd", "application/zstd"), ("br", None)])
def test_a_variant_by_its_own_name_is_a_file(connection, coding, essence):
    response = connection.ask("/all.html" + EXTENSIONS[coding], fields=accepting("br, gzip"),
                              host="on.test")
    assert (response.status, response.body) == (200, content_of("all.html", coding))
    assert response.field("content-encoding") is None
    if essence:
        assert response.field("content-type") == essence


OLDER = {"a second": (MODIFIED * 10**9, -10**9, False),
         "a nanosecond": (MODIFIED * 10**9 + 5, -1, False),
         "nothing": (MODIFIED * 10**9 + 5, 0, True),
         "less than nothing": (MODIFIED * 10**9 + 5, 1, True)}


@pytest.mark.parametrize("difference", OLDER)
def test_a_variant_older_than_its_file_is_not_used(root, connection, difference):
    time_ns, difference_ns, used = OLDER[difference]
    name = f"older-by-{difference.replace(' ', '-')}.txt"
    path = make(root, name, ["gzip"])
    os.utime(path, ns=(0, time_ns))
    os.utime(f"{path}.gz", ns=(0, time_ns + difference_ns))
    assert coding_of(connection, name) == ("gzip" if used else "identity")


def test_a_file_that_becomes_newer_than_its_variant(root, connection):
    path = make(root, "edited.txt", ["gzip", "br"])
    assert coding_of(connection, "edited.txt") == "br"
    os.utime(path, (0, MODIFIED + 10))
    assert coding_of(connection, "edited.txt") == "identity"
    os.utime(f"{path}.gz", (0, MODIFIED + 10))
    wait_until(lambda: coding_of(connection, "edited.txt") == "gzip", "the variant",
               timeout=PATIENCE_SECONDS)


NOT_FILES = {
    "a directory": lambda path: path.mkdir(),
    "a fifo": lambda path: os.mkfifo(path),
    "a dangling link": lambda path: path.symlink_to("nowhere"),
    "a link outside": lambda path: path.symlink_to("../secret.txt"),
    "a loop": lambda path: path.symlink_to(path.name),
}


@pytest.mark.parametrize("kind", NOT_FILES)
def test_what_is_no_file_is_no_variant(root, connection, kind):
    name = kind.replace(" ", "-") + ".txt"
    make(root, name, ["gzip"])
    NOT_FILES[kind](root / f"{name}.br")
    assert coding_of(connection, name) == "gzip"


def test_a_variant_may_be_a_link_that_stays_inside(root, connection):
    make(root, "linked.txt", [])
    os.utime(write(root / "elsewhere", content_of("linked.txt", "zstd")), (0, MODIFIED))
    (root / "linked.txt.zst").symlink_to("elsewhere")
    assert coding_of(connection, "linked.txt") == "zstd"


def test_variants_come_change_and_go(root, variant_server):
    """On all connections: each thread of the server has to notice."""
    path = make(root, "changing.txt", [])
    connections = [variant_server.connect() for _ in range(8)]

    def await_coding(coding):
        wait_until(lambda: {coding_of(one, "changing.txt") for one in connections} == {coding},
                   f"{coding} for all", timeout=PATIENCE_SECONDS)

    await_coding("identity")
    make(root, "changing.txt", ["gzip"])
    await_coding("gzip")
    make(root, "changing.txt", ["gzip", "br"])
    await_coding("br")

    variant = path.with_name("changing.txt.br")
    before = connections[0].ask("/changing.txt", fields=accepting("br"), host="on.test")
    write(path.with_name("new"), b"another").rename(variant)
    for one in connections:  # without waiting: it would be old content
        after = one.ask("/changing.txt", fields=accepting("br"), host="on.test")
        assert (after.body, after.field("content-encoding")) == (b"another", "br")
        assert after.field("etag") != before.field("etag")
        assert after.field("vary") == "Accept-Encoding"

    variant.unlink()
    for one in connections:
        assert coding_of(one, "changing.txt") == "gzip"
    path.with_name("changing.txt.gz").unlink()
    for one in connections:
        assert coding_of(one, "changing.txt") == "identity"

    def varies(one):
        response = one.ask("/changing.txt", fields=accepting("br"), host="on.test")
        check_variant(response, "changing.txt", "identity")
        return response.field("vary") is not None

    wait_until(lambda: not any(varies(one) for one in connections), "Vary to go as well",
               timeout=PATIENCE_SECONDS)
    for one in connections:
        one.close()


def test_a_file_goes_with_its_variants(root, connection):
    path = make(root, "gone.txt", EXTENSIONS)
    assert coding_of(connection, "gone.txt") == "br"
    path.unlink()
    assert connection.ask("/gone.txt", fields=accepting("br"), host="on.test").status == 404


def tag_of(connection, coding, name="all.html"):
    return connection.ask("/" + name, fields=accepting(coding), host="on.test").field("etag")


@pytest.mark.parametrize("coding", CODINGS)
def test_ranges_are_those_of_the_variant(connection, coding):
    content = content_of("all.html", coding)
    fields = [*accepting(coding), ("Range", "bytes=100-199")]
    response = connection.ask("/all.html", fields=fields, host="on.test")
    assert response.status == 206
    assert response.field("content-range") == f"bytes 100-199/{len(content)}"
    assert response.field("content-encoding") == (None if coding == "identity" else coding)
    assert response.field("vary") == "Accept-Encoding"
    assert response.field("etag") == tag_of(connection, coding)
    assert response.body == content[100:200]
    fields = [*accepting(coding), ("Range", "bytes=0-9,-5")]
    response = connection.ask("/all.html", fields=fields, host="on.test")
    last, size = len(content) - 1, len(content)
    assert parts_of(response) == [
        (0, 9, size, "text/html; charset=utf-8", content[:10]),
        (last - 4, last, size, "text/html; charset=utf-8", content[-5:])]
    assert response.field("content-encoding") == (None if coding == "identity" else coding)
    fields = [*accepting(coding), ("Range", f"bytes={size}-")]
    response = connection.ask("/all.html", fields=fields, host="on.test")
    assert (response.status, response.field("content-range")) == (416, f"bytes */{size}")


ACCEPT_ALL = "br, zstd, gzip"
# Accept-Encoding, whose tag If-Range has → which variant is sent, and whether a part of it.
CONTINUED = [
    (ACCEPT_ALL, "identity", "identity", 206),
    (ACCEPT_ALL, "br", "br", 206),
    (ACCEPT_ALL, "zstd", "zstd", 206),
    (ACCEPT_ALL, "gzip", "gzip", 206),
    (ACCEPT_ALL, "other", "identity", 200),
    ("br", "gzip", "identity", 200),
    ("br", "identity", "identity", 206),
    (None, "identity", "identity", 206),
    (None, "br", "identity", 200),
    ("gzip;q=0.1, br", "gzip", "gzip", 206),
]


@pytest.mark.parametrize("accepted, condition, coding, status", CONTINUED)
def test_a_download_goes_on_with_what_it_began_with(connection, accepted, condition, coding,
                                                    status):
    tag = '"other"' if condition == "other" else tag_of(connection, condition)
    fields = [*accepting(accepted), ("If-Range", tag), ("Range", "bytes=100-")]
    response = connection.ask("/all.html", fields=fields, host="on.test")
    assert response.status == status
    assert response.field("content-encoding") == (None if coding == "identity" else coding)
    assert response.body == content_of("all.html", coding)[100 if status == 206 else 0:]
    assert response.field("vary") == "Accept-Encoding"


def test_a_date_does_not_tell_variants_apart(root, connection):
    """A client that has the beginning of one of them must not be given the end of another."""
    make(root, "dated.txt", ["br"])
    for coding in ("identity", "br"):
        date = connection.ask("/dated.txt", fields=accepting(coding),
                              host="on.test").field("last-modified")
        fields = [*accepting("br"), ("If-Range", date), ("Range", "bytes=100-")]
        response = connection.ask("/dated.txt", fields=fields, host="on.test")
        assert response.status == 200
        assert response.body == content_of("dated.txt", "identity")


def test_if_range_without_a_range_means_nothing(connection):
    fields = [*accepting("br"), ("If-Range", '"other"')]
    check_variant(connection.ask("/all.html", fields=fields, host="on.test"), "all.html", "br")


def test_a_mismatch_does_not_make_a_variant_unacceptable(connection):
    """Who takes nothing but br gets br from its beginning, not a refusal."""
    fields = [*accepting("br, identity;q=0"), ("If-Range", '"other"'), ("Range", "bytes=100-")]
    check_variant(connection.ask("/all.html", fields=fields, host="on.test"), "all.html", "br")


@pytest.mark.parametrize("accepted", ["br", "gzip", "identity"])
def test_conditions_are_about_the_variant(connection, accepted):
    for coding in CODINGS:
        for name, same, other in (("If-None-Match", 304, 200), ("If-Match", 200, 412)):
            fields = [*accepting(accepted), (name, tag_of(connection, coding))]
            response = connection.ask("/all.html", fields=fields, host="on.test")
            assert response.status == (same if coding == accepted else other)
            if response.status != 412:
                assert response.field("vary") == "Accept-Encoding"
                assert response.field("etag") == tag_of(connection, accepted)
