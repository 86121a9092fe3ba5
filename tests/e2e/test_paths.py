"""No spelling, link or special file gets a client anything but regular files below the root."""

import itertools
import os
import random
import socket
import stat
from urllib.parse import quote

import pytest

from support.client import ProtocolError
from support.tree import SECRET, noise, write

ODD_NAMES = ["with space.txt", "ünïcødé.txt", "日本語.txt", "100%.txt", "%41.txt", "%2e%2e",
             "new\nline.txt", "cr\rlf\n.txt", "back\\slash.txt", "quote'.txt", 'double".txt',
             "question?.txt", "hash#.txt", "semi;colon.txt", "plus+.txt", "amp&.txt", "<b>.txt",
             "a:b.txt", "~user.txt", "tab\t.txt", "...", "..a", "a..", "a.", " ", "-rf", "*", "[x]",
             "{}", "\x01\x7f", "\N{GRINNING FACE}.txt", "n" * 255]
NOT_UTF8 = b"\xff\xfe\x80.bin"
SPECIAL = ["fifo", "socket", "link-to-fifo"]
DEVICES = ["zero", "link-to-zero"]


@pytest.fixture(scope="module")
def base(new_directory):
    """A root with links and special files, and a secret beside it.

    The same secret lies wherever a spelling that is half understood could lead.
    """
    base = new_directory()
    root = base / "root"
    write(base / "secret.txt", SECRET)
    write(base / "outside" / "secret.txt", SECRET)
    write(base / "root-sibling" / "secret.txt", SECRET)
    write(root / "inside.txt", b"inside")
    write(root / "directory" / "index.html", b"index")
    write(root / "directory" / "deep" / "file.txt", b"deep")
    for hidden in (".hidden", ".git/config", "directory/.env", ".well-hidden/index.html",
                   "directory/.deep/file.txt", "..hidden"):
        write(root / hidden, SECRET)
    for name in ODD_NAMES:
        write(root / name, name.encode())
    write(root / "A.txt", b"decoded twice")
    with open(os.fsencode(root) + b"/" + NOT_UTF8, "wb") as file:
        file.write(b"not utf-8")
    make_links(base, root)
    make_special_files(root)
    return base


def make_links(base, root):
    links = {
        "link": "inside.txt",
        "link-to-link": "link",
        "link-to-directory": "directory",
        "link-through-directory": "link-to-directory/deep/file.txt",
        "directory/up": "../inside.txt",
        "out": "../secret.txt",
        "out-by-link": "out",
        "out-directory": "../outside",
        "out-up": "..",
        "out-far": "../../../../../../../../../../etc",
        "directory/out": "../../secret.txt",
        "absolute-out": str(base / "secret.txt"),
        "absolute-out-directory": str(base / "outside"),
        "absolute-in": str(root / "inside.txt"),
        "out-and-in": "../root/inside.txt",
        "slash": "/",
        "proc-root": "/proc/self/root",
        "proc-cwd": "/proc/self/cwd",
        "dangling": "nowhere",
        "loop": "loop",
        "loop-a": "loop-b",
        "loop-b": "loop-a",
        "link-to-fifo": "fifo",
        "link-to-zero": "/dev/zero",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)


def make_special_files(root):
    os.mkfifo(root / "fifo")
    (root / "fifo-directory").mkdir()
    os.mkfifo(root / "fifo-directory" / "index.html")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(root / "socket"))
    if os.geteuid() == 0:
        os.mknod(root / "zero", 0o666 | stat.S_IFCHR, os.makedev(1, 5))


@pytest.fixture(scope="module")
def path_server(base, start_shared):
    return start_shared(base / "root")


def dot_dots():
    """Ways to write "..", also those that only a broken decoder takes for it."""
    return ["..", "%2e%2e", ".%2e", "%2E.", "%252e%252e", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae",
            "..%00", "%2e%2e%00", "...", "....", "..;", "..;a=b", ".%00.", "%u002e%u002e",
            "..%20", "..%09", "%ef%bc%8e%ef%bc%8e", "..\\", "..%5c", ".", "%2e"]


def separators():
    return ["/", "//", "/./", "%2f", "%2F", "\\", "%5c", "%252f", "%c0%af", "/%2e/", "%5C%5c",
            "%e2%88%95", "/x/../", "/%00/"]


def prefixes():
    return ["/", "//", "/directory/", "/directory/deep/", "/link-to-directory/", "/out-up/",
            "/missing/", "/./", "/inside.txt/", "", "http://sluice.test/", "/%2f", "/directory%2f",
            "\\", "/%5c", "/.git/", "/.."]


GOALS = ["secret.txt", "outside/secret.txt", "root-sibling/secret.txt", "etc/passwd",
         "root/../secret.txt"]
FORBIDDEN = [SECRET.strip(), b"root:x:0:0"]


def traversals(count):
    """A fixed sample of all combinations, each of them once."""
    chance = random.Random(3)
    combinations = list(itertools.product(prefixes(), dot_dots(), separators(), range(1, 9), GOALS))
    chance.shuffle(combinations)
    spellings = (prefix + (dots + separator) * depth + goal
                 for prefix, dots, separator, depth, goal in combinations)
    return list(itertools.islice(dict.fromkeys(spellings), count))


def seen(server, targets):
    """Each target with its response, over as few connections as the server allows."""
    targets = list(targets)
    while targets:
        with server.connect() as connection:
            while targets:
                response = connection.ask(targets[0])
                yield targets.pop(0), response
                if response.closes:
                    break


def check_nothing_leaks(server, targets):
    statuses = {}
    for target, response in seen(server, targets):
        assert not any(secret in response.body for secret in FORBIDDEN), target
        assert response.status in (200, 301, 400, 403, 404, 414), (target, response)
        statuses[response.status] = statuses.get(response.status, 0) + 1
    return statuses


@pytest.mark.parametrize("part", range(10))
def test_a_thousand_traversals(path_server, part):
    statuses = check_nothing_leaks(path_server, traversals(1000)[part::10])
    assert statuses.get(404, 0) + statuses.get(400, 0) > 10, "the spellings test nothing"


def test_there_are_a_thousand():
    assert len(set(traversals(1000))) == 1000


def test_plain_traversals_of_every_depth(path_server):
    ways = [up * depth + goal for up in ("/..", "/%2e%2e", "/.%2E", "/directory/../..")
            for depth in range(1, 30) for goal in ("/secret.txt", "/outside/secret.txt",
                                                   "/etc/passwd", "/root-sibling/secret.txt")]
    check_nothing_leaks(path_server, ways)


def test_the_sibling_whose_name_begins_like_the_root(path_server):
    """A comparison of strings would take /x/root-sibling for something in /x/root."""
    check_nothing_leaks(path_server, ["/../root-sibling/secret.txt", "/-sibling/secret.txt",
                                      "/%2e%2e/root-sibling/secret.txt", "-sibling/secret.txt"])


def test_absolute_paths_are_taken_below_the_root(path_server, base):
    check_nothing_leaks(path_server, [f"/{base}/secret.txt", f"//{base}/secret.txt", "//etc/passwd",
                                      "/%2fetc%2fpasswd", f"/%2f{base}/secret.txt",
                                      f"file://{base}/secret.txt", "/proc/self/root/etc/passwd"])


@pytest.mark.parametrize("target, content", [
    ("/./inside.txt", b"inside"), ("/directory/../inside.txt", b"inside"),
    ("/directory/./deep/file.txt", b"deep"), ("/directory/deep/../deep/file.txt", b"deep"),
    ("/missing/../inside.txt", b"inside"), ("/%69nside.txt", b"inside"),
    ("/inside%2etxt", b"inside"), ("/directory/%2e%2e/inside.txt", b"inside"),
])
def test_dot_segments_inside_are_resolved(path_server, target, content):
    response = path_server.get(target)
    assert (response.status, response.body) == (200, content)


@pytest.mark.parametrize("target, content", [
    ("/link", b"inside"), ("/link-to-link", b"inside"), ("/link-to-directory/", b"index"),
    ("/link-to-directory/deep/file.txt", b"deep"), ("/link-through-directory", b"deep"),
    ("/directory/up", b"inside"), ("/link-to-directory/up", b"inside"),
])
def test_links_that_stay_inside_work(path_server, target, content):
    response = path_server.get(target)
    assert (response.status, response.body) == (200, content)


def test_a_link_to_a_directory_redirects_like_one(path_server):
    response = path_server.get("/link-to-directory")
    assert response.status == 301
    assert response.field("location").endswith("/link-to-directory/")


@pytest.mark.parametrize("target", [
    "/out", "/out-by-link", "/out-directory/secret.txt", "/out-directory/", "/out-directory",
    "/out-up/secret.txt", "/out-up/", "/out-far/passwd", "/directory/out",
    "/link-to-directory/out", "/absolute-out", "/absolute-out-directory/secret.txt",
    "/slash/etc/passwd", "/slash/", "/proc-root/etc/passwd", "/proc-cwd/",
    "/out-up/root/inside.txt",
    "/out-directory/../secret.txt", "/dangling", "/loop", "/loop-a", "/loop/x",
])
def test_links_that_lead_outside_or_nowhere(path_server, target):
    response = path_server.get(target)
    assert response.status in (403, 404)
    assert not any(secret in response.body for secret in FORBIDDEN)


@pytest.mark.parametrize("target", ["/absolute-in", "/out-and-in"])
def test_a_link_that_goes_out_and_comes_back(path_server, target):
    """Either reading of "stays inside" is safe; another file's content would not be."""
    response = path_server.get(target)
    assert response.status in (403, 404) or response.body == b"inside"


@pytest.mark.parametrize("target", [
    "/.hidden", "/.git/config", "/.git/", "/.git", "/directory/.env", "/.well-hidden/",
    "/.well-hidden", "/directory/.deep/file.txt", "/%2ehidden", "/%2Ehidden", "/./.hidden",
    "/directory/../.hidden", "/link-to-directory/.env", "/..hidden", "/.hidden/", "/.missing",
    "//.hidden", "/.hidden?query", "/directory/..%2f.hidden", "/.git/../.git/config",
])
def test_hidden_files_are_not_found(path_server, target):
    response = path_server.get(target)
    assert response.status == 404
    assert SECRET not in response.body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("name", [*SPECIAL, *DEVICES, "fifo-directory/"])
def test_special_files_are_not_found_and_never_hang(path_server, base, name, method):
    if name == "zero" and not os.path.lexists(base / "root" / name):
        pytest.skip("only root can make a device node")
    with path_server.connect() as connection:
        status = connection.ask("/" + name, method).status
    assert status in ((403, 404) if name in ("link-to-zero", "fifo-directory/") else (404,))


def test_a_fifo_with_a_writer_is_not_read(path_server, base):
    fifo = os.open(base / "root" / "fifo", os.O_RDWR | os.O_NONBLOCK)
    try:
        os.write(fifo, b"for somebody else")
        assert path_server.get("/fifo").status == 404
        assert os.read(fifo, 100) == b"for somebody else"
    finally:
        os.close(fifo)


def test_special_files_take_no_thread(path_server):
    """More at once than any pool of workers has threads to lose."""
    connections = [path_server.connect() for _ in range(100)]
    for connection in connections:
        connection.send(b"GET /fifo HTTP/1.1\r\nHost: a\r\n\r\n")
    for connection in connections:
        assert connection.read_response().status == 404
        connection.close()
    assert path_server.get("/inside.txt").body == b"inside"


def visible(name):
    return not name.startswith(".")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names(path_server, name):
    response = path_server.get("/" + quote(name, safe=""))
    if visible(name):
        assert (response.status, response.body) == (200, name.encode())
    else:
        assert response.status == 404


def test_a_name_that_is_not_utf8(path_server):
    assert path_server.get("/%ff%fe%80.bin").body == b"not utf-8"


def test_percent_is_decoded_once(path_server):
    assert path_server.get("/%2541.txt").body == b"%41.txt"
    assert path_server.get("/%41.txt").body == b"decoded twice"
    assert path_server.get("/%252541.txt").status == 404


def test_plus_is_not_a_space(path_server):
    assert path_server.get("/plus+.txt").body == b"plus+.txt"
    assert path_server.get("/with+space.txt").status == 404


@pytest.mark.parametrize("name", ["ünïcødé.txt", "日本語.txt"])
def test_raw_bytes_in_a_target(path_server, name):
    """Not allowed in a URI, but sent by some clients: the right file or a refusal."""
    with path_server.connect() as connection:
        response = connection.ask(b"/" + name.encode())
    assert response.status == 400 or response.body == name.encode()


def test_slashes_in_a_row(path_server):
    for target in ("//inside.txt", "/directory//deep///file.txt", "///"):
        with path_server.connect() as connection:
            response = connection.ask(target)
        assert response.status in (200, 301, 403, 404)


@pytest.mark.parametrize("seed", range(4))
def test_noise_as_target(path_server, seed):
    """Whatever it is taken for, an answer is well-formed and the server lives on."""
    for number in range(100):
        target = b"/" + noise(number % 40 + 1, seed * 1000 + number).translate(
            None, b"\r\n\0 \t#")
        with path_server.connect() as connection:
            try:
                response = connection.ask(target)
            except ProtocolError as error:
                raise AssertionError(target) from error
            assert response.status in (200, 301, 400, 403, 404)
    assert path_server.get("/inside.txt").body == b"inside"
