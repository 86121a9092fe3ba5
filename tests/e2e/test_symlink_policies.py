"""Which symbolic links are followed, as configured."""

import os

import pytest

from support.tree import SECRET, write

POLICIES = ("none", "beneath", "follow")

CONFIGURATION = "".join(f"""
[[site]]
hosts = ["{policy}.test"]
root = "root"
symlinks = "{policy}"

[[site]]
hosts = ["{policy}-by-link.test"]
root = "root-link"
symlinks = "{policy}"
""" for policy in POLICIES)

NOWHERE = None
FILE, INDEX, DEEP, OUTSIDE, TO_SLASH = b"file", b"index", b"deep", SECRET, 301
LONGEST_CHAIN = 40  # path_resolution(7)

# Name of a link → where it leads.
LINKS = {
    "link": "file.txt",
    "link-dot": "./file.txt",
    "link-to-link": "link",
    "link-to-directory": "directory",
    "link-slash": "directory/",
    "link-through-directory": "link-to-directory/deep.txt",
    "link-through-dots": "directory/../file.txt",
    "directory/up": "../file.txt",
    "indexed/index.html": "../directory/index.html",
    "out": "../secret.txt",
    "out-by-link": "out",
    "out-directory": "../outside",
    "directory/out": "../../secret.txt",
    "up": "..",
    "up-by-index/index.html": "../../secret.txt",
    "out-and-in": "../root/file.txt",
    "out-and-in-directory": "../root/directory",
    "itself": ".",
    "to-fifo": "fifo",
    "to-device": "/dev/null",
    "magic": "/proc/self/exe",
    "magic-directory": "/proc/self/root",
    "magic-descriptor": "/proc/self/fd",
    "dangling": "nowhere",
    "dangling-outside": "../nowhere",
    "loop": "loop",
    "loop-a": "loop-b",
    "loop-b": "loop-a",
    "loop-in": "loop-in/file.txt",
    "empty-name": "file.txt/",
}

# Target → what there is with each policy.
TARGETS = {
    "/file.txt": (FILE, FILE, FILE),
    "/directory/": (INDEX, INDEX, INDEX),
    "/directory": (TO_SLASH, TO_SLASH, TO_SLASH),
    "/link": (NOWHERE, FILE, FILE),
    "/link-dot": (NOWHERE, FILE, FILE),
    "/link-to-link": (NOWHERE, FILE, FILE),
    "/link-to-directory/": (NOWHERE, INDEX, INDEX),
    "/link-to-directory": (NOWHERE, TO_SLASH, TO_SLASH),
    "/link-to-directory/deep.txt": (NOWHERE, DEEP, DEEP),
    "/link-to-directory/up": (NOWHERE, FILE, FILE),
    "/link-slash/deep.txt": (NOWHERE, DEEP, DEEP),
    "/link-through-directory": (NOWHERE, DEEP, DEEP),
    "/link-through-dots": (NOWHERE, FILE, FILE),
    "/directory/up": (NOWHERE, FILE, FILE),
    "/indexed/": (NOWHERE, INDEX, INDEX),
    "/itself/file.txt": (NOWHERE, FILE, FILE),
    "/itself/itself/itself/directory/deep.txt": (NOWHERE, DEEP, DEEP),
    "/chain-0": (NOWHERE, FILE, FILE),
    "/absolute-in": (NOWHERE, NOWHERE, FILE),
    "/absolute-in-directory/deep.txt": (NOWHERE, NOWHERE, DEEP),
    "/out-and-in": (NOWHERE, NOWHERE, FILE),
    "/out-and-in-directory/": (NOWHERE, NOWHERE, INDEX),
    "/out": (NOWHERE, NOWHERE, OUTSIDE),
    "/out-by-link": (NOWHERE, NOWHERE, OUTSIDE),
    "/absolute-out": (NOWHERE, NOWHERE, OUTSIDE),
    "/out-directory/secret.txt": (NOWHERE, NOWHERE, OUTSIDE),
    "/out-directory": (NOWHERE, NOWHERE, TO_SLASH),
    "/out-directory/": (NOWHERE, NOWHERE, INDEX),
    "/absolute-out-directory/secret.txt": (NOWHERE, NOWHERE, OUTSIDE),
    "/directory/out": (NOWHERE, NOWHERE, OUTSIDE),
    "/link-to-directory/out": (NOWHERE, NOWHERE, OUTSIDE),
    "/up/secret.txt": (NOWHERE, NOWHERE, OUTSIDE),
    "/up/root/file.txt": (NOWHERE, NOWHERE, FILE),
    "/up-by-index/": (NOWHERE, NOWHERE, OUTSIDE),
    # Dot segments are taken away before links are looked at (RFC 3986 §5.2.4).
    "/link-to-directory/../file.txt": (FILE, FILE, FILE),
    "/out-directory/../file.txt": (FILE, FILE, FILE),
    "/out-directory/../secret.txt": (NOWHERE, NOWHERE, NOWHERE),
    "/up/../secret.txt": (NOWHERE, NOWHERE, NOWHERE),
    # No policy makes a file of what is none, or opens what belongs to the process.
    "/to-fifo": (NOWHERE, NOWHERE, NOWHERE),
    "/to-device": (NOWHERE, NOWHERE, NOWHERE),
    "/magic": (NOWHERE, NOWHERE, NOWHERE),
    "/magic-directory/etc/passwd": (NOWHERE, NOWHERE, NOWHERE),
    "/magic-descriptor/0": (NOWHERE, NOWHERE, NOWHERE),
    "/magic-descriptor/3": (NOWHERE, NOWHERE, NOWHERE),
    "/dangling": (NOWHERE, NOWHERE, NOWHERE),
    "/dangling-outside": (NOWHERE, NOWHERE, NOWHERE),
    "/loop": (NOWHERE, NOWHERE, NOWHERE),
    "/loop-a": (NOWHERE, NOWHERE, NOWHERE),
    "/loop-in": (NOWHERE, NOWHERE, NOWHERE),
    "/loop/file.txt": (NOWHERE, NOWHERE, NOWHERE),
    "/endless-0": (NOWHERE, NOWHERE, NOWHERE),
    "/empty-name": (NOWHERE, NOWHERE, NOWHERE),
    "/link/": (NOWHERE, NOWHERE, NOWHERE),
    "/link/file.txt": (NOWHERE, NOWHERE, NOWHERE),
}


def chain(root, name, length):
    for number in range(length):
        (root / f"{name}-{number}").symlink_to(f"{name}-{number + 1}")
    (root / f"{name}-{length}").symlink_to("file.txt")


@pytest.fixture(scope="module")
def base(new_directory):
    base = new_directory()
    root = base / "root"
    write(base / "secret.txt", SECRET)
    write(base / "outside" / "secret.txt", SECRET)
    write(base / "outside" / "index.html", INDEX)
    write(root / "file.txt", FILE)
    write(root / "directory" / "index.html", INDEX)
    write(root / "directory" / "deep.txt", DEEP)
    for name in ("indexed", "up-by-index"):
        (root / name).mkdir()
    os.mkfifo(root / "fifo")
    for name, target in LINKS.items():
        (root / name).symlink_to(target)
    for name, target in {"absolute-in": root / "file.txt",
                         "absolute-in-directory": root / "directory",
                         "absolute-out": base / "secret.txt",
                         "absolute-out-directory": base / "outside"}.items():
        (root / name).symlink_to(target)
    chain(root, "chain", LONGEST_CHAIN - 1)
    chain(root, "endless", LONGEST_CHAIN)
    (base / "root-link").symlink_to("root")
    return base


@pytest.fixture(scope="module")
def connection(base, start_configured_shared):
    with start_configured_shared(CONFIGURATION, base).connect() as opened:
        yield opened


@pytest.mark.parametrize("root", ["", "-by-link"], ids=["root", "root by a link"])
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("target", TARGETS)
def test_what_there_is(connection, target, policy, root):
    expected = TARGETS[target][POLICIES.index(policy)]
    for method in ("GET", "HEAD", "GET"):
        response = connection.ask(target, method, host=f"{policy}{root}.test")
        if expected is NOWHERE:
            assert response.status in (403, 404)
            assert SECRET not in response.body
        elif expected == TO_SLASH:
            assert response.status == 301
            assert response.field("location") == target + "/"
        else:
            assert response.status == 200
            assert response.content_length == len(expected)
            assert response.body == (expected if method == "GET" else b"")


SIDECARS = {"a file": (None, "gzip", "gzip", "gzip"),
            "a link inside": ("elsewhere.gz", None, "gzip", "gzip"),
            "a link outside": ("../secret.txt", None, None, "gzip"),
            "a dangling link": ("nowhere", None, None, None)}


@pytest.mark.parametrize("sidecar", SIDECARS)
def test_variants_beside_a_file_are_no_exception(base, connection, sidecar):
    target, *codings = SIDECARS[sidecar]
    name = sidecar.replace(" ", "-") + ".txt"
    root = base / "root"
    os.utime(write(root / name, FILE), (0, 1_700_000_000))
    write(root / "elsewhere.gz", DEEP)
    if target:
        (root / f"{name}.gz").symlink_to(target)
    else:
        write(root / f"{name}.gz", DEEP)
    for policy, coding in zip(POLICIES, codings):
        response = connection.ask("/" + name, fields=[("Accept-Encoding", "gzip")],
                                  host=f"{policy}.test")
        assert response.status == 200
        assert response.field("content-encoding") == coding
        assert (response.body == FILE) == (coding is None)
        assert (response.body == SECRET) == (coding == "gzip" and "outside" in sidecar)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_file_that_becomes_a_link(base, connection, policy):
    """Also one that is open already, and remembered."""
    path = write(base / "root" / f"becoming-{policy}.txt", FILE)
    host = f"{policy}.test"
    assert connection.ask("/" + path.name, host=host).body == FILE
    temporary = path.with_name("temporary")
    temporary.symlink_to("../secret.txt")
    temporary.rename(path)
    response = connection.ask("/" + path.name, host=host)
    if policy == "follow":
        assert response.body == SECRET
    else:
        assert response.status in (403, 404) and SECRET not in response.body
    write(temporary, FILE).rename(path)
    assert connection.ask("/" + path.name, host=host).body == FILE
