"""Uploads that are interrupted and gone on with (draft-ietf-httpbis-resumable-upload-12)."""

import json
import os
import re
import signal
import subprocess
import threading

import pytest

from support.client import build_request
from support.tree import write
from support.waiting import wait_until

STAGING = ".sluice-uploads"
VERSION = ("Upload-Draft-Interop-Version", "8")
CONTENT = bytes(range(256)) * 4096  # 1 MiB

# alice:wonderland, bob:builder
ALICE = ("Authorization", "Basic YWxpY2U6d29uZGVybGFuZA==")
BOB = ("Authorization", "Basic Ym9iOmJ1aWxkZXI=")


@pytest.fixture
def root(directory):
    return directory


@pytest.fixture
def server(start, root):
    return start(root, "--uploads")


def head_of(target, method, content_length, complete, fields):
    complete = [] if complete is None else [("Upload-Complete", "?1" if complete else "?0")]
    return build_request(target, method, [("Content-Length", str(content_length)), *complete,
                                          *fields])


def request(server, target, method, content=b"", complete=None, fields=()):
    """The final response, and the interim ones before it."""
    with server.connect() as connection:
        connection.send(head_of(target, method, len(content), complete, fields))
        connection.send_if_wanted(content)
        interim = []
        while (response := connection.read_head()).status < 200:
            interim.append(response)
        body = b""
        if response.status != 204 and method != "HEAD":
            body = connection.read_exactly(response.content_length)
        return response, interim, body


def create(server, target, content=b"", complete=False, fields=(), status=201):
    response, _, _ = request(server, target, "PUT", content, complete, fields)
    assert response.status == status
    assert response.field("upload-complete") == ("?1" if complete else "?0")
    return response.field("location")


def append(server, resource, offset, content, complete, fields=()):
    fields = [("Upload-Offset", str(offset)), ("Content-Type", "application/partial-upload"),
              *fields]
    response, _, body = request(server, resource, "PATCH", content, complete, fields)
    return response, body


def state(server, resource, fields=()):
    def ask():
        response = server.get(resource, "HEAD", fields)
        return response if response.status != 503 else None
    # A request before this one may take its time to end on a slow disk.
    response = wait_until(ask, "the upload to be free")
    assert response.status == 204
    assert response.field("cache-control") == "no-store"
    assert re.fullmatch(r"max-size=\d+, max-age=\d+", response.field("upload-limit"))
    return int(response.field("upload-offset")), response.field("upload-complete")


def begin(server, target, total, sent, fields=()):
    """Sends a part of the content of a whole upload; its connection, and its resource."""
    connection = server.connect()
    connection.send(head_of(target, "PUT", total, True, [VERSION, *fields]))
    interim = connection.read_head()
    assert interim.status == 104
    connection.send(CONTENT[:sent])
    return connection, interim.field("location")


def staged(root):
    return sorted(os.listdir(root / STAGING)) if (root / STAGING).exists() else []


def data_files(root):
    return [name for name in staged(root) if not name.endswith(".record")]


def wait_for_content(root, size):
    """Until so much of one upload has arrived. Asking the server would interrupt it."""
    def sizes():
        return [(root / STAGING / name).stat().st_size for name in data_files(root)]
    wait_until(lambda: sizes() == [size], "the content")


def test_the_interim_response_says_where_to_go_on(server, root):
    response, interim, _ = request(server, "/a%20%C3%A4;b", "PUT", CONTENT, True, [VERSION])
    assert [r.status for r in interim] == [104]
    assert interim[0].reason == "Upload Resumption Supported"
    assert interim[0].field("upload-draft-interop-version") == "8"
    assert re.fullmatch(r"max-size=\d+, max-age=86400", interim[0].field("upload-limit"))
    assert re.fullmatch(r"/a%20%C3%A4;b\?sluice-upload=[0-9a-f]{32}", interim[0].field("location"))
    assert (response.status, response.field("upload-complete")) == (201, "?1")
    assert (root / "a ä;b").read_bytes() == CONTENT
    assert server.get("/a%20%C3%A4;b").field("etag") == response.field("etag")
    assert data_files(root) == []


@pytest.mark.parametrize("version", ["6", "7", "8"])
def test_the_version_of_the_client_is_spoken(server, root, version):
    fields = [("Upload-Draft-Interop-Version", version)]
    _, interim, _ = request(server, "/file", "PUT", b"content", True, fields)
    assert [r.field("upload-draft-interop-version") for r in interim] == [version]
    assert (root / "file").read_bytes() == b"content"


@pytest.mark.parametrize("fields", [[], [("Upload-Draft-Interop-Version", "5")],
                                    [("Upload-Draft-Interop-Version", "9")]])
def test_clients_of_other_versions_upload_as_always(server, root, fields):
    response, interim, _ = request(server, "/file", "PUT", b"content", True, fields)
    assert (response.status, interim) == (201, [])
    assert (root / "file").read_bytes() == b"content"
    assert staged(root) == []


def test_a_malformed_field_is_as_if_it_were_not_there(server, root):
    response, interim, _ = request(server, "/file", "PUT", b"content", None,
                                   [VERSION, ("Upload-Complete", "yes")])
    assert (response.status, interim) == (201, [])
    assert (root / "file").read_bytes() == b"content"


def test_interrupted_and_gone_on_with(server, root):
    connection, resource = begin(server, "/file", len(CONTENT), 300_000)
    connection.close()
    wait_for_content(root, 300_000)
    assert state(server, resource)[0] == 300_000
    assert not (root / "file").exists()
    response, _ = append(server, resource, 300_000, CONTENT[300_000:], True)
    assert (response.status, response.field("upload-complete")) == (201, "?1")
    assert (root / "file").read_bytes() == CONTENT
    assert state(server, resource) == (len(CONTENT), "?1")
    assert data_files(root) == []


def test_in_parts(server, root):
    resource = create(server, "/file", CONTENT[:1000], fields=[("Upload-Length", "3000")])
    for offset in (1000, 2000):
        response, _ = append(server, resource, offset, CONTENT[offset:offset + 1000], False)
        assert (response.status, response.field("upload-complete")) == (204, "?0")
        assert response.field("upload-offset") == str(offset + 1000)
        assert response.field("upload-length") == "3000"
    assert not (root / "file").exists()
    response, _ = append(server, resource, 3000, b"", True)
    assert response.status == 201
    assert (root / "file").read_bytes() == CONTENT[:3000]


def test_an_empty_upload(server, root):
    resource = create(server, "/file")
    response, _ = append(server, resource, 0, b"", True)
    assert response.status == 201
    assert (root / "file").read_bytes() == b""


def test_content_in_chunks(server, root):
    resource = create(server, "/file")
    with server.connect() as connection:
        connection.send(build_request(resource, "PATCH", [
            ("Transfer-Encoding", "chunked"), ("Upload-Complete", "?1"), ("Upload-Offset", "0"),
            ("Content-Type", "application/partial-upload")]) +
            b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
        assert connection.read_head().status == 201
    assert (root / "file").read_bytes() == b"abcdefg"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_in_between(start, root, number):
    write(root / "file", b"the old one")
    first = start(root, "--uploads", "--drain-timeout", "1")
    connection, resource = begin(first, "/file", len(CONTENT), 500_000)
    wait_for_content(root, 500_000)
    first.signal(number)
    first.wait()
    connection.close()
    (root / STAGING / ".sluice-upload-litter").write_bytes(b"of a killed process")
    second = start(root, "--uploads")
    assert len(data_files(root)) == 1
    offset, complete = state(second, resource)
    assert (offset, complete) == (500_000, "?0")
    assert (root / "file").read_bytes() == b"the old one"
    response, _ = append(second, resource, offset, CONTENT[offset:], True)
    assert response.status == 204
    assert (root / "file").read_bytes() == CONTENT
    assert data_files(root) == []


def test_a_wrong_offset(server):
    resource = create(server, "/file", b"12345")
    for offset in (0, 4, 6, 10**15 - 1):
        response, body = append(server, resource, offset, b"x", False)
        assert response.status == 409
        assert response.field("upload-offset") == "5"
        assert response.field("upload-complete") == "?0"
        assert response.field("content-type") == "application/problem+json"
        problem = json.loads(body)
        assert problem["type"].endswith("#mismatching-upload-offset")
        assert (problem["expected-offset"], problem["provided-offset"]) == (5, offset)
    assert state(server, resource) == (5, "?0")


@pytest.mark.parametrize("fields,status", [
    ([("Upload-Offset", "0"), ("Upload-Complete", "?1")], 415),
    ([("Upload-Offset", "0"), ("Upload-Complete", "?1"), ("Content-Type", "text/plain")], 415),
    ([("Upload-Offset", "0"), ("Content-Type", "application/partial-upload")], 400),
    ([("Upload-Complete", "?1"), ("Content-Type", "application/partial-upload")], 400),
    ([("Upload-Offset", "-0.0"), ("Upload-Complete", "?1"),
      ("Content-Type", "application/partial-upload")], 400),
])
def test_appending_needs_all_its_fields(server, root, fields, status):
    resource = create(server, "/file")
    assert request(server, resource, "PATCH", b"x", None, fields)[0].status == status
    assert state(server, resource) == (0, "?0")
    assert not (root / "file").exists()


def test_lengths_that_do_not_agree(server, root):
    told = [("Upload-Length", "10")]
    response, _, body = request(server, "/file", "PUT", b"12345", True, [VERSION, *told])
    assert response.status == 400
    assert json.loads(body)["type"].endswith("#inconsistent-upload-length")
    resource = create(server, "/file", b"12345", fields=told)
    for content, complete, fields in [(b"67890x", False, []), (b"678", True, []),
                                      (b"678", False, [("Upload-Length", "9")])]:
        assert append(server, resource, 5, content, complete, fields)[0].status == 400
    assert append(server, resource, 5, b"67890", True)[0].status == 201
    assert (root / "file").read_bytes() == b"1234567890"


def test_more_than_the_length_in_chunks_ends_the_upload(server, root):
    resource = create(server, "/file", b"12345", fields=[("Upload-Length", "6")])
    with server.connect() as connection:
        connection.send(build_request(resource, "PATCH", [
            ("Transfer-Encoding", "chunked"), ("Upload-Complete", "?1"), ("Upload-Offset", "5"),
            ("Content-Type", "application/partial-upload")]))
        connection.send_if_wanted(b"3\r\nabc\r\n0\r\n\r\n")
        assert connection.read_head().status == 400
    assert server.get(resource, "HEAD").status == 404
    assert staged(root) == []


def test_cancelling(server, root):
    resource = create(server, "/file", b"12345")
    assert server.get(resource, "DELETE").status == 204
    assert staged(root) == []
    for method in ("HEAD", "GET", "DELETE"):
        assert server.get(resource, method).status == 404
    assert append(server, resource, 5, b"x", True)[0].status == 404
    assert not (root / "file").exists()


def test_uploads_are_counted(server):
    create(server, "/whole.bin", CONTENT, complete=True, fields=[VERSION])
    request(server, create(server, "/gone.bin", b"some", fields=[VERSION]), "DELETE")
    stats = server.stats()
    assert (stats["uploads_completed"], stats["uploads_failed"]) == (1, 1)


@pytest.mark.parametrize("fields, sent", [
    ([("Content-Length", "100000")], CONTENT[:50_000]),
    ([("Transfer-Encoding", "chunked")], b"3\r\nabc\r\nzz\r\n"),
], ids=["interrupted", "malformed"])
def test_nothing_is_kept_that_nobody_was_told_of(server, root, fields, sent):
    with server.connect() as connection:
        connection.send(build_request("/file", "PUT", [("Upload-Complete", "?0"), *fields]) + sent)
        connection.socket.shutdown(1)
        response = connection.read_head()
        assert (response.status, response.field("location")) == (400, None)
    assert data_files(root) == []
    assert server.stats()["uploads_failed"] == 1
    # By a 104 it was told.
    connection, resource = begin(server, "/file", len(CONTENT), 300_000)
    connection.close()
    wait_for_content(root, 300_000)
    assert state(server, resource)[0] == 300_000
    assert server.stats()["uploads_failed"] == 1


def test_nothing_is_left_after_a_kill_of_what_nobody_was_told_of(start, root):
    first = start(root, "--uploads")
    connection = first.connect()
    fields = [("Content-Length", str(len(CONTENT))), ("Upload-Complete", "?0")]
    connection.send(build_request("/file", "PUT", fields) + CONTENT[:300_000])
    wait_for_content(root, 300_000)
    first.signal(signal.SIGKILL)
    first.finish(statuses=(-signal.SIGKILL,))
    connection.close()
    start(root, "--uploads")
    assert not (root / STAGING).exists()


def test_nothing_is_kept_for_a_client_of_http_1_0_that_was_not_told(server, root):
    with server.connect() as connection:
        fields = [("Content-Length", "10"), ("Upload-Complete", "?1"), VERSION]
        connection.send(build_request("/file", "PUT", fields, version="HTTP/1.0") + b"half")
        connection.socket.shutdown(1)
        assert connection.read_head().status == 400
    assert data_files(root) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system")
def test_a_full_disk_does_not_stay_full(start, new_directory):
    disk = new_directory()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], check=True)
    try:
        server = start(disk, "--uploads")
        with server.connect() as connection:
            connection.send(head_of("/file", "PUT", 3 * len(CONTENT), False, []))
            connection.send_if_wanted(3 * CONTENT)
            response = connection.read_head()
        assert (response.status, response.field("location")) == (507, None)
        assert data_files(disk) == []
        assert request(server, "/file", "PUT", CONTENT[:500_000])[0].status == 201
        server.stop()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_the_resource_is_for_its_target_only(server, root):
    write(root / "other", b"other")
    resource = create(server, "/file", b"12345")
    query = resource.partition("?")[2]
    assert server.get(f"/other?{query}", "HEAD").status == 404
    assert server.get(f"/other?{query}", "DELETE").status == 404
    for wrong in (query[:-1], query + "0", query.upper(), "sluice-upload=", query + "&a=b",
                  "sluice-upload=" + 32 * "0", "sluice-upload=../" + 29 * "0"):
        assert server.get(f"/file?{wrong}", "HEAD").status == 404, wrong
    assert state(server, resource) == (5, "?0")


def test_methods(server):
    resource = create(server, "/file")
    for method in ("PUT", "POST"):
        response = server.get(resource, method)
        assert response.status == 405
        assert "PATCH" in response.field("allow")
    response = server.get(resource, "OPTIONS")
    assert response.status == 204
    assert response.field("accept-patch") == "application/partial-upload"
    assert server.get("/file", "OPTIONS").field("upload-limit").startswith("max-size=")
    assert server.get(resource).status == 204  # GET


def test_a_lost_response_can_be_asked_for_again(server, root):
    resource = create(server, "/file", b"12345")
    first, _ = append(server, resource, 5, b"", True)
    again, _ = append(server, resource, 5, b"", True)
    assert (again.status, again.field("etag")) == (first.status, first.field("etag"))
    assert again.field("upload-complete") == "?1"
    for content, complete in ((b"more", True), (b"more", False), (b"", False)):
        response, body = append(server, resource, 5, content, complete)
        assert response.status == 400
        assert json.loads(body)["type"].endswith("#inconsistent-upload-length")
    assert append(server, resource, 4, b"", True)[0].status == 409
    assert (root / "file").read_bytes() == b"12345"


def test_a_newer_request_ends_the_one_before(server, root):
    connection, resource = begin(server, "/file", len(CONTENT), 1000)
    with connection:
        # The client thinks that it has lost the connection; nobody here knows of that.
        offset, complete = state(server, resource)
        assert (offset, complete) == (1000, "?0")
        response, _ = append(server, resource, offset, CONTENT[offset:], True)
        assert response.status == 201
        connection.send_if_wanted(CONTENT[1000:])
        connection.read_rest()
    assert (root / "file").read_bytes() == CONTENT


def test_many_at_once_on_one_upload(server, root):
    """Whoever comes last wins; what becomes of it is whole."""
    resource = create(server, "/file")
    done = []

    def go_on():
        for _ in range(50):
            response = server.get(resource, "HEAD")
            if response.status == 503:
                continue
            if response.field("upload-complete") == "?1":
                done.append(True)
                return
            offset = int(response.field("upload-offset"))
            try:
                append(server, resource, offset, CONTENT[offset:offset + 200_000],
                       offset + 200_000 >= len(CONTENT))
            except (AssertionError, OSError):
                pass  # ended by another one

    threads = [threading.Thread(target=go_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done
    assert (root / "file").read_bytes() == CONTENT


def test_preconditions_hold_to_the_end(server, root):
    write(root / "file", b"first")
    write(root / "late", b"first")
    tags = {name: server.get(f"/{name}").field("etag") for name in ("file", "late")}
    kept = create(server, "/file", b"second", fields=[("If-Match", tags["file"])])
    late = create(server, "/late", b"second", fields=[("If-Match", tags["late"])])
    new = create(server, "/new", b"second", fields=[("If-None-Match", "*")])
    (root / "late").write_bytes(b"somebody else's")
    (root / "new").write_bytes(b"somebody else's")
    assert append(server, kept, 6, b"", True)[0].status == 204
    for resource in (late, new):
        response, _ = append(server, resource, 6, b"", True)
        assert (response.status, response.field("upload-complete")) == (412, "?1")
        assert server.get(resource, "HEAD").status == 404
    assert (root / "file").read_bytes() == b"second"
    assert (root / "late").read_bytes() == (root / "new").read_bytes() == b"somebody else's"
    assert data_files(root) == []


def test_a_missing_parent_is_told_at_once(server):
    assert request(server, "/no/file", "PUT", b"", False)[0].status == 409


def configuration(root, extra=""):
    return f"""
[[site]]
root = "{root}"
uploads = true
hidden_files = true
listing = true

  [site.upload]
  limit_bytes = 1000
  {extra}
"""


def test_limits(start_configured, root, new_directory):
    server = start_configured(configuration(root), new_directory())
    too_long = [("Upload-Length", "1001")]
    response, _, _ = request(server, "/file", "PUT", b"", False, too_long)
    assert response.status == 413
    assert response.field("upload-limit") == "max-size=1000, max-age=86400"
    resource = create(server, "/file", b"x" * 600)
    assert append(server, resource, 600, b"x" * 401, False)[0].status == 413
    assert append(server, resource, 600, b"", False, too_long)[0].status in (400, 413)
    assert append(server, resource, 600, b"x" * 400, True)[0].status == 201
    assert (root / "file").stat().st_size == 1000


def test_uploads_expire(start_configured, root, new_directory):
    server = start_configured(configuration(root, "resume_ms = 60000"), new_directory())
    resource = create(server, "/file", b"12345")
    response = server.get(resource, "HEAD")
    assert re.fullmatch(r"max-size=1000, max-age=(60|[1-5]?[0-9])", response.field("upload-limit"))
    (expired,) = data_files(root)
    for name in staged(root):
        os.utime(root / STAGING / name, (0, 0))
    assert server.get(resource, "HEAD").status == 404

    def is_swept():  # by whoever creates the next one, but once a second at most
        create(server, "/other")
        return expired not in staged(root)

    wait_until(is_swept, "the sweep")


def test_the_staging_directory_cannot_be_reached(start_configured, root, new_directory):
    server = start_configured(configuration(root), new_directory())
    create(server, "/file", b"12345")
    (name,) = data_files(root)
    for path in (STAGING, f"{STAGING}/", f"{STAGING}/{name}", STAGING.upper(), ".sluice-upload-x"):
        assert server.get(f"/{path}").status == 404, path
        assert request(server, f"/{path}", "PUT", b"x", False)[0].status in (404, 409), path
    assert server.get(f"/{STAGING}/{name}", "DELETE").status == 404
    assert b"sluice-upload" not in server.get("/").body
    assert (root / STAGING).stat().st_mode & 0o777 == 0o700


def test_passwords_hold_for_the_resource(start_configured, root, new_directory):
    base = new_directory()
    lines = [subprocess.run(["openssl", "passwd", "-6", "-salt", "ab", password], check=True,
                            capture_output=True, text=True).stdout
             for password in ("wonderland", "builder")]
    (base / "users").write_text(f"alice:{lines[0]}")
    (base / "others").write_text(f"bob:{lines[1]}")
    (root / "a").mkdir()
    (root / "b").mkdir()
    server = start_configured(f"""
[[site]]
root = "{root}"
uploads = true

  [[site.auth]]
  path = "/a/**"
  htpasswd = "users"

  [[site.auth]]
  path = "/**"
  htpasswd = "others"
""", base)
    assert request(server, "/a/file", "PUT", b"12345", False)[0].status == 401
    assert staged(root) == []
    resource = create(server, "/a/file", b"12345", fields=[ALICE])
    assert resource.startswith("/a/file?")
    for fields in ([], [BOB]):
        for method in ("HEAD", "GET", "DELETE"):
            assert server.get(resource, method, fields).status == 401
        assert append(server, resource, 5, b"x", True, fields)[0].status == 401
    elsewhere = resource.replace("/a/", "/b/")
    assert server.get(elsewhere, "HEAD", [BOB]).status == 404
    assert state(server, resource, [ALICE]) == (5, "?0")
    assert append(server, resource, 5, b"x", True, [ALICE])[0].status == 201


def test_without_uploads_there_is_nothing(start, root):
    write(root / "file", b"content")
    server = start(root)
    query = "sluice-upload=" + 32 * "0"
    assert server.get(f"/file?{query}").body == b"content"
    for method in ("PATCH", "DELETE", "PUT"):
        assert server.get(f"/file?{query}", method).status == 405


def test_a_client_that_expects_leave_gets_both_interim_responses(server, root):
    with server.connect() as connection:
        connection.send(head_of("/file", "PUT", 5, True, [VERSION, ("Expect", "100-continue")]))
        assert [connection.read_head().status for _ in range(2)] == [104, 100]
        connection.send(b"12345")
        assert connection.read_head().status == 201
    assert (root / "file").read_bytes() == b"12345"


def test_no_interim_response_for_http_1_0(server, root):
    with server.connect() as connection:
        connection.send(build_request("/file", "PUT", [
            ("Content-Length", "5"), ("Upload-Complete", "?1"), VERSION], "HTTP/1.0") + b"12345")
        assert connection.read_head().status == 201
