"""PUT and DELETE: whole files or nothing, with the rules that hold for reading them."""

import hashlib
import os
import signal
import subprocess
import threading
import time

import pytest

from support.client import Connection, build_request
from support.privileges import unprivileged_prefix
from support.process import descriptor_links
from support.waiting import wait_until

MEBIBYTE = 1 << 20
SIZES = [0, 1, 4095, 4096, 4097, 65536, MEBIBYTE + 1, 64 * MEBIBYTE]


@pytest.fixture
def root(directory):
    return directory


@pytest.fixture
def scratch_directory(new_directory):
    """Beside the root."""
    return new_directory()


def start_limited(start_configured, root, configuration_directory, site="", upload="", rest=""):
    """A server that takes uploads of up to 1000 bytes."""
    return start_configured(f"""
[[site]]
root = "{root}"
uploads = true
{site}

  [site.upload]
  limit_bytes = 1000
{upload}
{rest}
""", configuration_directory)


@pytest.fixture
def uploads(start, root):
    """A server on `root` that takes uploads."""
    return start(root, "--uploads")


def put_bytes(target, content, fields=(), method="PUT"):
    length = ("Content-Length", str(len(content)))
    return build_request(target, method, [length, *fields]) + content


def put(server, target, content=b"content", fields=()):
    with server.connect() as connection:
        connection.send(put_bytes(target, content, fields))
        return connection.read_response("PUT")


def delete(server, target, fields=()):
    with server.connect() as connection:
        return connection.ask(target, "DELETE", fields)


def chunks(content, size):
    pieces = [content[i:i + size] for i in range(0, len(content), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


CHUNKED = ("Transfer-Encoding", "chunked")


def litter(root):
    """What is there of uploads that did not become files."""
    staging = root / ".sluice-uploads"
    names = [path.name for path in root.rglob(".sluice-upload*") if path != staging]
    return names + (os.listdir(staging) if staging.exists() else [])


# --- What is put is what is there

@pytest.mark.parametrize("size", SIZES)
def test_bytes_arrive_and_replace_others(uploads, root, size):
    first, second = os.urandom(size), os.urandom(size)
    with uploads.connect() as connection:
        for content, status in ((first, 201), (second, 204)):
            connection.send(put_bytes("/file.bin", content))
            answer = connection.read_response("PUT")
            assert answer.status == status
            digest = hashlib.sha256((root / "file.bin").read_bytes()).hexdigest()
            assert digest == hashlib.sha256(content).hexdigest()
            served = connection.ask("/file.bin")
            assert hashlib.sha256(served.body).hexdigest() == digest
            assert answer.field("etag") == served.field("etag") is not None
    assert not litter(root)


@pytest.mark.parametrize("size, chunk", [(0, 1), (1, 1), (5000, 7), (300_000, 4096),
                                         (2 * MEBIBYTE, MEBIBYTE)])
def test_chunked_content(uploads, root, size, chunk):
    content = os.urandom(size)
    with uploads.connect() as connection:
        connection.send(build_request("/file", "PUT", [CHUNKED]) + chunks(content, chunk))
        assert connection.read_response("PUT").status == 201
        assert connection.ask("/file").body == content


def test_content_in_small_pieces_with_requests_behind_it(uploads, root):
    content = os.urandom(50_000)
    stream = (put_bytes("/a", content) + build_request("/a") +
              build_request("/b", "PUT", [CHUNKED]) + chunks(content, 999) +
              build_request("/b") + put_bytes("/a", b"") + build_request("/a"))
    with uploads.connect() as connection:
        sender = threading.Thread(target=lambda: [connection.send(stream[i:i + 1777])
                                                  for i in range(0, len(stream), 1777)])
        sender.start()
        answers = [connection.read_response() for _ in range(6)]
        sender.join()
    assert [answer.status for answer in answers] == [201, 200, 201, 200, 204, 200]
    assert answers[1].body == answers[3].body == content
    assert answers[5].body == b""


def test_curl_puts_and_deletes(uploads, root, scratch_directory):
    source = scratch_directory / "source"
    source.write_bytes(os.urandom(3 * MEBIBYTE))
    url = f"http://127.0.0.1:{uploads.port}/by-curl"
    curl = ["curl", "-sS", "-o", os.devnull, "-w", "%{http_code}"]
    for flags, status in ((["-T", source], "201"), (["-T", source, "-H", CHUNKED[0] + ": chunked"],
                                                    "204"), (["-X", "DELETE"], "204")):
        done = subprocess.run([*curl, *flags, url], capture_output=True, text=True, timeout=30)
        assert (done.stdout, done.stderr) == (status, "")
        if status != "204":
            assert (root / "by-curl").read_bytes() == source.read_bytes()
    assert not (root / "by-curl").exists()


# --- Who is answered at once

def test_a_client_that_expects_leave_is_given_it(uploads, root):
    with uploads.connect() as connection:
        fields = [("Content-Length", "5"), ("Expect", "100-continue")]
        connection.send(build_request("/file", "PUT", fields))
        assert connection.read_head().status == 100
        connection.send(b"12345")
        assert connection.read_response("PUT").status == 201
        assert connection.ask("/file").body == b"12345"


@pytest.mark.parametrize("target, fields, length, status", [
    ("/there", [("If-None-Match", "*")], 5, 412),
    ("/new", [("If-Match", "*")], 5, 412),
    ("/there", [("If-Match", '"other"')], 5, 412),
    ("/new", [], 2000, 413),
    ("/missing/parent/new", [], 5, 409),
    ("/directory", [], 5, 409),
    ("/directory/", [], 5, 409),
    ("/", [], 5, 409),
    ("/there/below", [], 5, 409),
    ("/.hidden", [], 5, 404),
    ("/.sluice-uploads/x", [], 5, 404),
    ("/new", [("Content-Range", "bytes 0-4/10")], 5, 400),
    ("/new", [("Content-Encoding", "gzip")], 5, 415),
    ("/new", [("Content-Encoding", "identity, gzip")], 5, 415),
    ("/new", [("Content-Encoding", "identity"), ("content-encoding", "gzip")], 5, 415),
    ("/" + 256 * "n", [], 5, 414),
    ("/" + 256 * "n", [("Upload-Complete", "?0")], 5, 414),
    ("/%00", [], 5, 400),
])
def test_what_is_refused_is_refused_before_it_is_sent(start_configured, root, scratch_directory,
                                                      target, fields, length, status):
    (root / "there").write_bytes(b"old")
    (root / "directory").mkdir()
    server = start_limited(start_configured, root, scratch_directory)
    with server.connect() as connection:
        fields = [("Content-Length", str(length)), ("Expect", "100-continue"), *fields]
        connection.send(build_request(target, "PUT", fields))
        answer = connection.read_response("PUT")
        assert answer.status == status
        assert answer.closes
        connection.expect_close()
    assert (root / "there").read_bytes() == b"old"
    assert not (root / "new").exists() and not (root / "missing").exists()
    assert not litter(root)




# --- Limits

def test_content_of_the_limit_is_taken_and_one_byte_more_is_not(start_configured, root,
                                                                scratch_directory):
    server = start_limited(start_configured, root, scratch_directory)
    assert put(server, "/file", b"x" * 1000).status == 201
    assert put(server, "/file", b"y" * 1001).status == 413
    with server.connect() as connection:
        connection.send(build_request("/file", "PUT", [CHUNKED]) + chunks(b"z" * 1000, 10))
        assert connection.read_response("PUT").status == 204
        connection.send(build_request("/file", "PUT", [CHUNKED]) + chunks(b"y" * 1001, 10))
        assert connection.read_response("PUT").status == 413
    assert (root / "file").read_bytes() == b"z" * 1000
    assert not litter(root)


def test_malformed_chunks_are_no_file(uploads, root):
    with uploads.connect() as connection:
        connection.send(build_request("/file", "PUT", [CHUNKED]) + b"5\r\nhello\r\nzz\r\n")
        answer = connection.read_response("PUT")
        assert answer.status == 400 and answer.closes
    assert not (root / "file").exists() and not litter(root)


@pytest.mark.parametrize("fields, sent", [([("Content-Length", "1000000")], b"x" * 300_000),
                                          ([CHUNKED], b"ffff\r\n" + b"x" * 30_000)],
                         ids=["length", "chunked"])
def test_a_client_that_stops_sending_has_put_nothing(uploads, root, fields, sent):
    (root / "file").write_bytes(b"old")
    with uploads.connect() as connection:
        connection.send(build_request("/file", "PUT", fields) + sent)
        connection.socket.shutdown(1)
        assert connection.read_response("PUT").status == 400
        connection.expect_close()
    assert (root / "file").read_bytes() == b"old" and not litter(root)


def test_a_client_that_sends_too_slowly_is_told(start_configured, root, scratch_directory):
    limits = "[server.limits]\nreceive_progress_timeout_ms = 200\n"
    server = start_configured(f'{limits}\n[[site]]\nroot = "{root}"\nuploads = true\n',
                              scratch_directory)
    for fields in ([("Content-Length", "100000")], [CHUNKED]):
        with server.connect() as connection:
            connection.send(build_request("/file", "PUT", fields) + b"5\r\n")
            assert connection.read_response("PUT").status == 408
            connection.expect_close()
    assert not (root / "file").exists() and not litter(root)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system")
@pytest.mark.parametrize("fields", [[], [CHUNKED]], ids=["length", "chunked"])
def test_a_full_disk(start, scratch_directory, fields):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", scratch_directory], check=True)
    try:
        (scratch_directory / "file").write_bytes(b"old")
        server = start(scratch_directory, "--uploads")
        content = b"x" * 3 * MEBIBYTE
        with server.connect() as connection:
            head = fields or [("Content-Length", str(len(content)))]
            body = chunks(content, 65536) if fields else content
            connection.send(build_request("/file", "PUT", head))
            connection.send_if_wanted(body)
            assert connection.read_response("PUT").status == 507
        assert (scratch_directory / "file").read_bytes() == b"old"
        assert put(server, "/file", b"y" * 500_000).status == 204  # nothing of it is left
        assert not litter(scratch_directory)
        server.stop()
    finally:
        subprocess.run(["umount", "-l", scratch_directory], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system")
def test_a_read_only_disk(start, scratch_directory):
    mount = ["mount", "-t", "tmpfs", "-o"]
    subprocess.run([*mount, "rw", "none", scratch_directory], check=True)
    try:
        (scratch_directory / "file").write_bytes(b"old")
        server = start(scratch_directory, "--uploads")
        subprocess.run([*mount, "remount,ro", "none", scratch_directory], check=True)
        assert put(server, "/new").status == 403
        assert delete(server, "/file").status == 403
        assert server.get("/file").body == b"old"
        server.stop()
    finally:
        subprocess.run(["umount", "-l", scratch_directory], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="runs the server as somebody else")
def test_a_directory_that_may_not_be_written(start, root):
    os.chmod(root, 0o777)
    (root / "closed").mkdir(0o755)
    (root / "closed" / "file").write_bytes(b"old")
    server = start(root, "--uploads", prefix=unprivileged_prefix())
    assert put(server, "/open").status == 201
    for fields in ([], [("Upload-Complete", "?0")]):
        for name in ("new", "file"):
            assert put(server, f"/closed/{name}", b"x", fields).status == 403
    assert delete(server, "/closed/file").status == 403
    assert os.listdir(root / "closed") == ["file"] and not litter(root)


# --- Preconditions and DELETE

def test_preconditions(uploads, root):
    assert put(uploads, "/file", b"one", [("If-None-Match", "*")]).status == 201
    assert put(uploads, "/file", b"two", [("If-None-Match", "*")]).status == 412
    tag = uploads.get("/file").field("etag")
    changed = put(uploads, "/file", b"two", [("If-Match", tag)])
    assert changed.status == 204
    assert put(uploads, "/file", b"three", [("If-Match", tag)]).status == 412
    assert put(uploads, "/file", b"three",
               [("If-Unmodified-Since", "Mon, 01 Jan 2001 00:00:00 GMT")]).status == 412
    assert delete(uploads, "/file", [("If-Match", tag)]).status == 412
    assert (root / "file").read_bytes() == b"two"
    assert delete(uploads, "/file", [("If-Match", changed.field("etag"))]).status == 204
    assert put(uploads, "/file", b"three", [("If-Match", "*")]).status == 412
    assert delete(uploads, "/file", [("If-Match", "*")]).status == 404


def test_of_many_with_the_same_precondition_one_wins(uploads, root):
    (root / "file").write_bytes(b"old")
    tag = uploads.get("/file").field("etag")
    for target, condition in (("/new", ("If-None-Match", "*")), ("/file", ("If-Match", tag))):
        statuses = []

        def race(number):
            statuses.append(put(uploads, target, b"%d" % number, [condition]).status)

        threads = [threading.Thread(target=race, args=(i,)) for i in range(20)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert sorted(statuses)[-19:] == [412] * 19 and sorted(statuses)[0] in (201, 204)


@pytest.mark.parametrize("etag", ["modified", "content", "none"])
def test_entity_tags_are_those_of_get(start_configured, root, scratch_directory, etag):
    server = start_limited(start_configured, root, scratch_directory, f'etag = "{etag}"')
    for content in (b"one", b"two"):
        answer = put(server, "/file", content).field("etag")
        served = server.get("/file")
        assert served.body == content
        if etag == "content":  # of which a worker without a processor makes none
            wait_until(lambda: server.get("/file").field("etag"), "an entity tag")
            served = server.get("/file")
            answer = answer or served.field("etag")
        assert answer == served.field("etag")
        assert (answer is None) == (etag == "none")


def test_delete(uploads, root):
    (root / "directory").mkdir()
    (root / "directory" / "file").write_bytes(b"x")
    (root / ".hidden").write_bytes(b"x")
    for target, status in (("/directory", 409), ("/directory/", 409), ("/", 409),
                           ("/missing", 404), ("/missing/file", 404), ("/.hidden", 404),
                           ("/directory/file", 204), ("/directory/file", 404)):
        assert delete(uploads, target).status == status, target
    for condition in (("If-Match", "*"), ("If-None-Match", "*"), ("If-Match", '"x"')):
        assert delete(uploads, "/directory", [condition]).status == 409
        assert delete(uploads, "/missing/file", [condition]).status == 404
    assert (root / "directory").is_dir() and (root / ".hidden").exists()


def test_nothing_but_files_is_left(uploads, root):
    for status in (201, 204):
        assert put(uploads, "/file").status == status
    assert delete(uploads, "/file", [("If-Match", "*")]).status == 204
    uploads.get("/file?sluice-upload=" + 32 * "0", "HEAD")
    assert put(uploads, "/file", b"x", [("If-None-Match", "*")]).status == 201
    assert os.listdir(root) == ["file"]


# --- Where they are

def test_where_there_are_no_uploads_there_are_no_methods_for_them(start_configured, root,
                                                                 scratch_directory):
    (root / "drop").mkdir()
    server = start_configured(f"""
[[site]]
root = "{root}"

  [[site.mount]]
  path = "/drop"
  root = "{root}/drop"
  uploads = true

  [[site.rewrite]]
  from = "/in/*"
  to = "/drop/$1"
""", scratch_directory)
    plain, both = "GET, HEAD, OPTIONS", "GET, HEAD, OPTIONS, PUT, DELETE"
    with server.connect() as connection:
        for target, allow in (("/file", plain), ("/drop/file", both), ("/in/file", both)):
            assert connection.ask(target, "OPTIONS").field("allow") == allow
            refused = connection.ask(target, "POST")
            assert (refused.status, refused.field("allow")) == (405, allow)
    assert put(server, "/file").status == 405
    assert delete(server, "/file").status == 405
    assert put(server, "/drop/one").status == 201
    assert put(server, "/in/two").status == 201
    assert sorted(os.listdir(root / "drop")) == [".sluice-uploads", "one", "two"] or \
        sorted(os.listdir(root / "drop")) == ["one", "two"]


def test_missing_parents_are_made_where_that_is_configured(start_configured, root,
                                                           scratch_directory):
    server = start_limited(start_configured, root, scratch_directory,
                           upload="  make_parents = true")
    assert put(server, "/a/b/c/file", b"x").status == 201
    assert (root / "a/b/c/file").read_bytes() == b"x"
    assert put(server, "/a/b/c/file/d", b"x").status == 409
    assert put(server, "/q/.hidden/file", b"x").status == 404
    assert not (root / "q").exists()


@pytest.mark.parametrize("name, fields, sent, status", [
    ("file", [("Content-Length", "900")], b"half", 400),
    ("file", [CHUNKED], b"zz\r\n", 400),
    ("file", [CHUNKED], b"400\r\n" + b"x" * 1024 + b"\r\n0\r\n\r\n", 413),
    (256 * "n", [("Content-Length", "4")], b"full", 414),
], ids=["interrupted", "malformed", "too long", "name"])
def test_a_failed_upload_leaves_no_parents(start_configured, root, scratch_directory, name, fields,
                                           sent, status):
    server = start_limited(start_configured, root, scratch_directory,
                           upload="  make_parents = true")
    with server.connect() as connection:
        connection.send(build_request(f"/a/b/{name}", "PUT", fields))
        connection.send_if_wanted(sent)
        connection.socket.shutdown(1)
        assert connection.read_response("PUT").status == status
    assert not (root / "a").exists()
    assert delete(server, f"/a/b/{name}").status == server.get(f"/a/b/{name}").status == 404


def test_passwords(start_configured, root, scratch_directory):
    (scratch_directory / "users").write_text(
        "alice:$2y$04$b783PI7yX.NmDs3KK1QeDOzcbjkO75n1a7WwP21t1fOXS7BQqxin6\n")
    server = start_limited(start_configured, root, scratch_directory, rest="""
  [[site.auth]]
  path = "/private/"
  htpasswd = "users"

  [[site.auth]]
  path = "/private/*.txt"
  htpasswd = "users"
""")
    (root / "private").mkdir()
    # What is at "/private/" may not be changed by its other name, nor a file by its variant.
    for name in ("index.html", "secret.txt", "secret.txt.gz"):
        (root / "private" / name).write_bytes(b"old")
        with server.connect() as connection:
            fields = [("Content-Length", "5"), ("Expect", "100-continue")]
            connection.send(build_request(f"/private/{name}", "PUT", fields))
            assert connection.read_response("PUT").status == 401
        assert delete(server, f"/private/{name}").status == 401
        assert (root / "private" / name).read_bytes() == b"old"


def test_symbolic_links_do_not_lead_outside(uploads, root, scratch_directory):
    (scratch_directory / "target").write_bytes(b"old")
    (root / "out").symlink_to(scratch_directory)
    (root / "file").symlink_to(scratch_directory / "target")
    assert put(uploads, "/out/new").status in (403, 404, 409)
    assert delete(uploads, "/out/target").status in (403, 404, 409)
    assert put(uploads, "/file").status == 409
    assert os.listdir(scratch_directory) == ["target"]
    assert (scratch_directory / "target").read_bytes() == b"old"


# --- Many at once, and the end of them

def test_readers_see_a_whole_file(uploads, root):
    contents = [bytes([65 + i]) * 200_000 for i in range(5)]
    assert put(uploads, "/file", contents[0]).status == 201
    over = threading.Event()
    torn = []

    def read():
        with uploads.connect() as connection:
            while not over.is_set():
                body = connection.ask("/file").body
                if body not in contents:
                    torn.append(body[:10])

    readers = [threading.Thread(target=read) for _ in range(3)]
    [reader.start() for reader in readers]
    with uploads.connect() as connection:
        for i in range(60):
            connection.send(put_bytes("/file", contents[i % 5]))
            assert connection.read_response("PUT").status == 204
            assert connection.ask("/file").body == contents[i % 5]  # the old one is forgotten
    over.set()
    [reader.join() for reader in readers]
    assert not torn


def test_all_threads_see_the_new_file_at_once(start, root):
    server = start(root, "--uploads", "--threads", "4")
    connections = [server.connect() for _ in range(12)]
    for i in range(5):
        content = b"%d" % i * 10  # all of the same size
        assert put(server, "/file", content).status in (201, 204)
        for connection in connections:
            assert connection.ask("/file").body == content
    assert delete(server, "/file").status == 204
    for connection in connections:
        assert connection.ask("/file").status == 404
        connection.close()


def begin_uploads(server, count, content, sent_bytes):
    """`count` uploads that are under way: to /old-* and /new-*, in turn."""
    connections = []
    for i in range(count):
        connections.append(server.connect())
        target = f"/{'old' if i % 2 else 'new'}-{i}"
        connections[-1].send(put_bytes(target, content)[:sent_bytes])
    return connections


def test_two_hundred_uploads_at_once(uploads, root):
    content = os.urandom(MEBIBYTE // 2)
    connections = begin_uploads(uploads, 200, content, 20_000)
    for i, connection in enumerate(connections):
        connection.send(put_bytes(f"/{'old' if i % 2 else 'new'}-{i}", content)[20_000:])
    for i, connection in enumerate(connections):
        assert connection.read_response("PUT").status == 201
        connection.close()
    files = [path for path in root.iterdir() if path.is_file()]
    assert len(files) == 200
    assert all(path.read_bytes() == content for path in files)
    assert not litter(root)


def test_uploads_wait_for_their_turn(start_configured, root, scratch_directory):
    """What was sent is not thrown away because many have sent theirs at the same moment."""
    limits = "[server.limits]\nbackground_queue_count = 2\nbackground_thread_count = 1\n"
    server = start_configured(f'{limits}\n[[site]]\nroot = "{root}"\nuploads = true\n',
                              scratch_directory)
    content = b"x" * 10_000
    connections = begin_uploads(server, 100, content, 5000)
    for i, connection in enumerate(connections):
        connection.send(put_bytes(f"/{'old' if i % 2 else 'new'}-{i}", content)[5000:])
    assert {connection.read_response("PUT").status for connection in connections} == {201}
    [connection.close() for connection in connections]


def test_uploads_do_not_use_up_the_descriptors(start, root):
    server = start(root, "--uploads", "--threads", "1", prefix=("prlimit", "--nofile=1024"))
    content = b"x" * 10_000
    connections = begin_uploads(server, 400, content, 5000)
    for i, connection in enumerate(connections):
        connection.send(put_bytes(f"/{'old' if i % 2 else 'new'}-{i}", content)[5000:])
    for connection in connections:
        assert connection.read_response("PUT").status == 201
        connection.close()
    assert server.stats()["accept_failures"] == 0


def test_nothing_is_left_of_uploads_that_were_killed(start, root):
    for i in range(1, 200, 2):
        (root / f"old-{i}").write_bytes(b"old")
    server = start(root, "--uploads")
    content = os.urandom(MEBIBYTE // 2)
    connections = begin_uploads(server, 200, content, MEBIBYTE // 4)
    done = server.connect()
    done.send(put_bytes("/done", content))
    assert done.read_response("PUT").status == 201
    server.signal(signal.SIGKILL)
    server.finish(statuses=(-signal.SIGKILL,))
    [connection.close() for connection in connections]

    again = start(root, "--uploads")
    assert put(again, "/after").status == 201
    names = {path.name for path in root.iterdir() if path.is_file()}
    assert names == {f"old-{i}" for i in range(1, 200, 2)} | {"done", "after"}
    assert all((root / f"old-{i}").read_bytes() == b"old" for i in range(1, 200, 2))
    assert (root / "done").read_bytes() == content
    assert not litter(root)


def test_an_upload_is_finished_before_the_server_ends(start, root):
    server = start(root, "--uploads")
    content = os.urandom(MEBIBYTE)
    with server.connect() as connection:
        request = put_bytes("/file", content)
        connection.send(request[:MEBIBYTE // 2])
        wait_until(lambda: server.stats()["requests"] == 1, "the upload to begin")
        server.signal(signal.SIGTERM)
        time.sleep(0.1)
        connection.send(request[MEBIBYTE // 2:])
        answer = connection.read_response("PUT")
        assert answer.status == 201 and answer.closes
    server.finish()
    assert (root / "file").read_bytes() == content


def test_clients_that_vanish_leave_nothing(uploads, root):
    for i in range(50):
        connection = Connection(uploads.address)
        connection.send(put_bytes("/file", b"x" * 100_000)[:100 + i * 1500])
        connection.reset()
    assert put(uploads, "/file").status == 201
    wait_until(lambda: not any("(deleted)" in link and str(root) in link
                               for link in descriptor_links(uploads.pid).values()),
               "files to be closed")
    assert not litter(root)
