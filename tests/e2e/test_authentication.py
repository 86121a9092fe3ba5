"""Names and passwords: who gets what, and that no other way leads to it."""

import base64
import gzip
import os

import pytest

from support.client import build_request
from support.server import run
from support.tree import write
from support.waiting import wait_until

# Made by htpasswd(1) and openssl-passwd(1), with the lowest cost where it does not matter.
ALICE = "alice:$2y$04$b783PI7yX.NmDs3KK1QeDOzcbjkO75n1a7WwP21t1fOXS7BQqxin6"
ALICE_SECOND = "alice:$2y$04$oXCJceDv/9UbXyWtD8viaO7gQckFF5sV7nAD6SmoLgxDFF6NeXqQ."
BOB = "bob:$2y$04$5NwSvIehJqbfwKr6RA1sDOYAgviXJdkp3VNpAxmXpsj5bUNSJwpIS"
SLOW = "slow:$2y$10$yw/U8EKvVojC1nPvFbWAA.P3kPgPA8y1tIXqYK/fnAvlGMyXwlCvS"
USERS = f"""# people
{ALICE}
{BOB}

jürgen:$2y$04$AqcOAeEvdecIceRnVzb0ue0NOhjp5FCD1rqimmVnWUh2VYXaW8yLy
empty:$2y$04$4pzfFObb9H/No2ZXw2WH5eu4SndYF3fQQlqOj5jAEtK66Ikgtj3g6
a b:$2y$04$gZhsHMnGgWLGy6oDAPd/feIkA3Lylb4bMZRzulGvYgoiefDIthPsu\r
six:$6$ab$tbKSkHRUp6Gtps2/yDaPknzEzUz0AYotRNjL2aj0l6BGFr8iKXuEELn3F31Jj2tO/KLDPXi/TGGxgM4LypTd3.
five:$5$abcdefgh$Zudd9pxLiEa7swthoGkqwo82R3gM1UOEulT4845EOm6
"""

CONFIGURATION = """
[server.limits]
background_queue_count = 64

[[site]]
hosts = ["auth.test"]
root = "root"
listing = true
clean_urls = true
fallback = "/app/index.html"
error_pages = { 401 = "/401.html" }

  [[site.auth]]
  path = "/private/partners/**"
  realm = "Partners \\"and\\" more\\\\"
  htpasswd = "partners"

  [[site.auth]]
  path = "/private/**"
  htpasswd = "users"

  [[site.auth]]
  path = "/secret.html"
  htpasswd = "users"

  [[site.auth]]
  path = "/app/index.html"
  htpasswd = "users"

  [[site.auth]]
  path = "*.key"
  htpasswd = "users"

  [[site.auth]]
  path = "/indexed/index.html"
  htpasswd = "users"

  [[site.rewrite]]
  from = "/into/*"
  to = "/private/$1"

  [[site.rewrite]]
  from = "/into-index"
  to = "/indexed/"

  [[site.rewrite]]
  from = "/private/out"
  to = "/public.txt"

  [[site.redirect]]
  from = "/private/moved"
  to = "/elsewhere"

  [[site.mount]]
  path = "/private/mount"
  root = "mount"
  listing = true

[[site]]
hosts = ["whole.test"]
root = "root"

  [[site.auth]]
  htpasswd = "users"

[[site]]
hosts = ["other.test"]
root = "root"

[[site]]
hosts = ["slow.test"]
root = "root"

  [[site.auth]]
  path = "/private/**"
  htpasswd = "slow"
""" + "".join(f"""
[[site]]
hosts = ["{name}.test"]
root = "root"

  [[site.auth]]
  htpasswd = "{name}"
""" for name in ("changing", "replaced", "broken", "removed"))

SECRET = b"only for those who may\n"
REALM = 'Basic realm="Restricted", charset="UTF-8"'
PAGE = b"<p>who are you?\n"


@pytest.fixture(scope="module")
def base(new_directory):
    base = new_directory()
    root = base / "root"
    for path in ("private/file.txt", "private/index.html", "private/deep/file.txt", "secret.html",
                 "private/partners/file.txt", "app/index.html", "a/b/x.key", "indexed/index.html",
                 "private/.hidden", "private/page.html"):
        write(root / path, SECRET)
    write(root / "secret.html.gz", gzip.compress(SECRET))
    write(base / "mount" / "file.txt", SECRET)
    write(root / "public.txt", b"public\n")
    write(root / "privatex", b"public\n")
    write(root / "401.html", PAGE)
    (base / "users").write_text(USERS, newline="")
    (base / "partners").write_text(BOB)
    (base / "slow").write_text(SLOW + "\n")
    for name in ("changing", "replaced", "broken", "removed"):
        (base / name).write_text(ALICE + "\n")
    return base


@pytest.fixture(scope="module")
def server(base, start_configured_shared):
    return start_configured_shared(CONFIGURATION, base)


@pytest.fixture(scope="module")
def connection(server):
    with server.connect() as opened:
        yield opened


def basic(user, password, scheme="Basic "):
    credentials = f"{user}:{password}".encode()
    return [("Authorization", scheme + base64.b64encode(credentials).decode())]


RIGHT = basic("alice", "wonder land")


def check_refused(response, challenge=REALM):
    assert response.status == 401
    assert response.field("www-authenticate") == challenge
    assert SECRET not in response.body
    assert response.field("etag") is None and response.field("last-modified") is None


@pytest.mark.parametrize("user, password", [
    ("alice", "wonder land"), ("bob", "pa:ss:word"), ("jürgen", "größe"), ("empty", ""),
    ("a b", "blank name"), ("six", "sixpence"), ("five", "fivepence")])
def test_right_passwords(connection, user, password):
    for method in ("GET", "HEAD", "GET"):
        response = connection.ask("/private/file.txt", method, fields=basic(user, password),
                                  host="auth.test")
        assert (response.status, response.content_length) == (200, len(SECRET))
        assert response.field("www-authenticate") is None


@pytest.mark.parametrize("user, password", [
    ("alice", "wonder"), ("alice", "Wonder land"), ("alice", "wonder land "), ("alice", ""),
    ("alice", "pa:ss:word"), ("alice", ALICE.partition(":")[2]), ("Alice", "wonder land"),
    ("alice ", "wonder land"), ("bob", "pa"), ("bob", "pa:ss"), ("nobody", "wonder land"), ("", ""),
    ("", "wonder land"), ("empty", "x"), ("# people", ""), ("alice", "wonder land\0"),
    ("alice\0", "wonder land"), ("alice", "x" * 3000), ("x" * 3000, "wonder land"),
    ("jürgen", "groesse"), ("a b", "blank name\r"), ("alice", "wonder land\r\n")])
def test_wrong_passwords(connection, user, password):
    for _ in range(2):
        check_refused(connection.ask("/private/file.txt", fields=basic(user, password),
                                     host="auth.test"))


GOOD = base64.b64encode(b"alice:wonder land").decode()
MALFORMED = {
    "none": [],
    "empty": [("Authorization", "")],
    "no credentials": [("Authorization", "Basic")],
    "another scheme": [("Authorization", f"Bearer {GOOD}")],
    "no blank": [("Authorization", f"Basic{GOOD}")],
    "no colon": [("Authorization", "Basic " + base64.b64encode(b"alice").decode())],
    "cut short": [("Authorization", f"Basic {GOOD[:-1]}")],
    "more behind": [("Authorization", f"Basic {GOOD} x")],
    "no base64": [("Authorization", "Basic alice:wonder land")],
    "padding in front": [("Authorization", f"Basic ={GOOD}")],
    "twice": [("Authorization", f"Basic {GOOD}")] * 2,
    "once wrong and once right": basic("alice", "x") + [("Authorization", f"Basic {GOOD}")],
    "in another field": [("Proxy-Authorization", f"Basic {GOOD}")],
    "very long": [("Authorization", "Basic " + GOOD * 300)],
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_credentials(connection, kind):
    check_refused(connection.ask("/private/file.txt", fields=MALFORMED[kind], host="auth.test"))


@pytest.mark.parametrize("scheme", ["Basic ", "basic ", "BASIC ", "Basic   "])
def test_spellings_of_the_scheme(connection, scheme):
    fields = basic("alice", "wonder land", scheme)
    assert connection.ask("/private/file.txt", fields=fields, host="auth.test").status == 200


# Every way that leads to a file for which a password is needed.
WAYS = [
    "/private/file.txt", "/private/", "/private/index.html", "/private/index", "/private/page",
    "/private/deep/file.txt", "/private//file.txt", "//private/file.txt", "/./private/file.txt",
    "/private/./file.txt", "/x/../private/file.txt", "/private/deep/../file.txt",
    "/%70rivate/file.txt", "/private%2ffile.txt", "/priv%61te/%66ile.txt", "/private/file.txt?x",
    "/private/file.txt?/../../public.txt", "/private/file%2etxt", "/private/x%2f..%2ffile.txt",
    "http://auth.test/private/file.txt", "/secret.html", "/secret", "/secret?x", "/%73ecret",
    "/a/b/x.key", "/a/b/x%2ekey", "/indexed/", "/indexed/index.html", "/indexed/index", "/app/",
    "/app/index", "/app/index.html", "/into/file.txt", "/into/index.html", "/into/page",
    "/into/deep%2ffile.txt", "/into-index", "/any/missing/route", "/app/missing",
    "/private/mount/file.txt", "/private/mount/", "/private/mount",
    # What is there or not is nobody's business either.
    "/private/missing", "/private/.hidden", "/private/deep", "/private/deep/", "/private/out",
    "/private/missing.key", "/missing.key", "/into/missing", "/private/%ff",
]
NAVIGATION = [("Accept", "text/html")]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", WAYS)
def test_no_way_without_a_password(connection, target, method):
    requests = [[], basic("alice", "wrong"), [("Range", "bytes=0-3")],
                [("If-None-Match", "*")], [("Accept-Encoding", "gzip")], [("If-Match", '"x"')]]
    for fields in requests:
        check_refused(connection.ask(target, method, fields=[*fields, *NAVIGATION],
                                     host="auth.test"))


@pytest.mark.parametrize("target", ["/private/file.txt", "/private/", "/secret", "/a/b/x.key",
                                    "/indexed/", "/app/", "/into/file.txt", "/into-index",
                                    "/any/missing/route", "/private/mount/file.txt",
                                    "/private/page"])
def test_every_way_with_a_password(connection, target):
    response = connection.ask(target, fields=[*RIGHT, *NAVIGATION], host="auth.test")
    assert (response.status, response.body) == (200, SECRET)


@pytest.mark.parametrize("target, status", [
    ("/public.txt", 200), ("/privatex", 200), ("/private", 301), ("/private/../public.txt", 200),
    ("/401.html", 200), ("/indexed", 301), ("/Private/file.txt", 404), ("/secret.htm", 404)])
def test_other_paths_are_not_affected(connection, target, status):
    for fields in ([], basic("nobody", "x"), MALFORMED["no base64"]):
        assert connection.ask(target, fields=fields, host="auth.test").status == status


def test_other_sites_are_not_affected(connection):
    assert connection.ask("/private/file.txt", host="other.test").body == SECRET
    for target in ("/public.txt", "/", "/missing", "/privatex"):
        check_refused(connection.ask(target, host="whole.test"))
    assert connection.ask("/public.txt", fields=RIGHT, host="whole.test").body == b"public\n"
    assert connection.ask("/missing", fields=RIGHT, host="whole.test").status == 404


def test_the_first_rule_that_matches_decides(connection):
    target = "/private/partners/file.txt"
    realm = 'Basic realm="Partners \\"and\\" more\\\\", charset="UTF-8"'
    check_refused(connection.ask(target, host="auth.test"), realm)
    check_refused(connection.ask(target, fields=RIGHT, host="auth.test"), realm)
    response = connection.ask(target, fields=basic("bob", "pa:ss:word"), host="auth.test")
    assert (response.status, response.body) == (200, SECRET)


def test_both_paths_of_a_rewrite_need_a_password(connection):
    """ "/private/out" is rewritten to a public file, and is private all the same."""
    check_refused(connection.ask("/private/out", host="auth.test"))
    assert connection.ask("/private/out", fields=RIGHT, host="auth.test").body == b"public\n"


def test_a_redirect_tells_no_content(connection):
    response = connection.ask("/private/moved", host="auth.test")
    assert response.status in (301, 401) and SECRET not in response.body


@pytest.mark.parametrize("method, status", [("OPTIONS", 204), ("POST", 405), ("DELETE", 405)])
def test_methods_that_read_nothing(connection, method, status):
    for fields in ([], RIGHT):
        response = connection.ask("/private/file.txt", method, fields=fields, host="auth.test")
        assert response.status in (status, 401) and SECRET not in response.body


def test_the_error_page(connection):
    response = connection.ask("/private/file.txt", host="auth.test")
    check_refused(response)
    assert (response.body, response.field("content-type").partition(";")[0]) == (PAGE, "text/html")
    response = connection.ask("/private/file.txt", "HEAD", host="auth.test")
    assert (response.content_length, response.body) == (len(PAGE), b"")
    built_in = connection.ask("/public.txt", host="whole.test")
    assert built_in.status == 401 and b"401" in built_in.body


def test_credentials_are_those_of_a_request_not_of_a_connection(server):
    with server.connect() as connection:
        kinds = [RIGHT, [], RIGHT, basic("alice", "x"), RIGHT, [], []]
        connection.send(b"".join(build_request("/private/file.txt", fields=fields, host="auth.test")
                                 for fields in kinds))
        for fields in kinds:
            response = connection.read_response()
            assert response.status == (200 if fields is RIGHT else 401)
            assert not response.closes


def make_deep(directory, path_bytes):
    """A file x.html whose path below the directory has so many bytes; returns that of its place."""
    names = []
    left = path_bytes - len("/x.html")
    while left > 0:
        names.append("d" * min(left, 250))
        left -= len(names[-1]) + 1
    assert sum(map(len, names)) + len(names) + len("x.html") == path_bytes
    place = os.open(directory, os.O_DIRECTORY)
    for name in names:
        os.mkdir(name, dir_fd=place)
        above, place = place, os.open(name, os.O_DIRECTORY, dir_fd=place)
        os.close(above)
    file = os.open("x.html", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=place)
    os.write(file, SECRET)
    os.close(file)
    os.close(place)
    return "/".join(names)


@pytest.mark.parametrize("path_bytes", range(4087, 4096))
def test_a_file_whose_path_is_as_long_as_can_be(directory, start_configured, path_bytes):
    """The path in the site is longer than that in the mount, and a password is needed for it."""
    (directory / "users").write_text(USERS, newline="")
    (directory / "mount").mkdir()
    place = make_deep(directory / "mount", path_bytes)
    server = start_configured("""
        [[site]]
        root = "mount"
          [[site.mount]]
          path = "/mm"
          root = "mount"
          clean_urls = true
          index = ["x.html"]
          [[site.auth]]
          path = "*.html"
          htpasswd = "users"
        """, directory)
    for target in (f"/mm/{place}/x", f"/mm/{place}/x.html", f"/mm/{place}/"):
        response = server.get(target)
        assert response.status in (401, 404, 414) and SECRET not in response.body


def status_of(server, host, user, password):
    return server.get("/public.txt", fields=basic(user, password), host=host).status


@pytest.mark.parametrize("name", ["changing", "replaced"])
def test_a_file_that_changes(base, server, name):
    """Written in place, or replaced by a rename; what was remembered is forgotten."""
    host = f"{name}.test"
    for _ in range(5):
        assert status_of(server, host, "alice", "wonder land") == 200
        assert status_of(server, host, "alice", "second") == 401
    text = f"{BOB}\n{ALICE_SECOND}\n"
    if name == "changing":
        (base / name).write_text(text)
    else:
        (base / "new").write_text(text)
        (base / "new").rename(base / name)
    wait_until(lambda: status_of(server, host, "alice", "second") == 200, "the new password")
    wait_until(lambda: status_of(server, host, "alice", "wonder land") == 401,
               "the old password to be refused")
    assert status_of(server, host, "bob", "pa:ss:word") == 200
    (base / name).write_text(f"{BOB}\n")
    wait_until(lambda: status_of(server, host, "alice", "second") == 401, "her to be gone")
    assert status_of(server, host, "bob", "pa:ss:word") == 200


@pytest.mark.parametrize("name", ["broken", "removed"])
def test_a_file_that_cannot_be_read_keeps_the_last_good_one(base, server, name):
    host = f"{name}.test"
    if name == "broken":
        (base / name).write_text("alice:plain text\nno colon\n")
    else:
        (base / name).unlink()

    def noticed():
        assert status_of(server, host, "alice", "wonder land") == 200
        assert status_of(server, host, "alice", "plain text") == 401
        return f"{base}/{name}" in server.complaints()

    wait_until(noticed, "a complaint")
    assert "wonder" not in server.complaints() and "plain text\n" not in server.complaints()
    assert status_of(server, host, "alice", "wonder land") == 200
    (base / name).write_text(ALICE_SECOND)
    wait_until(lambda: status_of(server, host, "alice", "second") == 200, "the repaired file")
    wait_until(lambda: status_of(server, host, "alice", "wonder land") == 401, "the old one")


def test_many_wrong_passwords_hold_nobody_else_up(server):
    """Hashing takes workers a while; files without a password, and who is known, do not wait."""
    known = basic("slow", "slow")
    with server.connect() as public:
        assert public.ask("/private/file.txt", fields=known, host="slow.test").status == 200
        guessing = [server.connect() for _ in range(16)]
        try:
            for number, connection in enumerate(guessing):
                fields = basic("slow", f"guess {number}")
                connection.send(build_request("/private/file.txt", fields=fields, host="slow.test"))
            for _ in range(10):
                assert public.ask("/public.txt", host="slow.test").status == 200
                assert public.ask("/missing", host="slow.test").status == 404
            # Several may be busy at once: those that are told so are to come again.
            with server.connect() as other:
                assert other.ask("/public.txt", host="auth.test").status == 200
            for connection in guessing:
                response = connection.read_response()
                assert response.status in (401, 503) and SECRET not in response.body
                assert response.status == 401 or response.field("retry-after")
        finally:
            for connection in guessing:
                connection.close()
        assert public.ask("/private/file.txt", fields=known, host="slow.test").status == 200


def test_guesses_whose_clients_have_gone(server):
    for number in range(8):
        with server.connect() as connection:
            fields = basic("slow", f"gone {number}")
            connection.send(build_request("/private/file.txt", fields=fields, host="slow.test"))
            connection.reset()
    assert server.get("/public.txt", host="slow.test").status == 200


REFUSED = {
    "no such file": None, "a directory": "directory",
    "plain text": "alice:open sesame\n", "DES": "alice:rqXexS6ZhobKA\n",
    "SHA-1": "alice:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=\n",
    "Apache's MD5": "alice:$apr1$abcdefgh$i3PCyFPHZVkSMRu7tVSTB1\n",
    "no colon": "alice\n", "no name": ":$2y$04$x\n", "a hash cut short": ALICE[:-5] + "\n",
    "a name twice": f"{ALICE}\n{ALICE_SECOND}\n", "a high cost": ALICE.replace("$04$", "$31$"),
    "an empty hash": "alice:\n", "control characters": "al\x01ice:$2y$04$x\n",
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_mistakes_are_found_at_load(directory, mistake):
    """Without repeating what may be a password."""
    (directory / "root").mkdir()
    content = REFUSED[mistake]
    if content == "directory":
        (directory / "users").mkdir()
    elif content is not None:
        (directory / "users").write_text(content)
    file = directory / "sluice.toml"
    file.write_text('[[site]]\nroot = "root"\n[[site.auth]]\nhtpasswd = "users"\n')
    result = run("check", file)
    assert (result.returncode, result.stdout) == (2, ""), result
    assert result.stderr.startswith(f"{file}:4:")
    if content and ":" in content and content.partition(":")[2].strip():
        assert content.partition(":")[2].strip() not in result.stderr


@pytest.mark.parametrize("text", ['realm = "a\\nb"\nhtpasswd = "users"', 'realm = "x"',
                                  'htpasswd = ""', 'htpasswd = "users"\npath = ""'])
def test_mistakes_of_the_rule(directory, text):
    (directory / "root").mkdir()
    (directory / "users").write_text(ALICE)
    file = directory / "sluice.toml"
    file.write_text(f'[[site]]\nroot = "root"\n[[site.auth]]\n{text}\n')
    assert run("check", file).returncode == 2


def test_a_variant_needs_the_password_of_its_file(directory, start_configured):
    """Also where a later rule, with other people in it, is about the variant's own name."""
    (directory / "strict").write_text(ALICE + "\n")
    (directory / "loose").write_text(BOB + "\n")
    for name in ("secret.html", "secret.html.br", "secret.html.zst", "secret.html.gz"):
        write(directory / "root" / name, SECRET)
    server = start_configured("""
        [[site]]
        root = "root"
        [[site.auth]]
        path = "/secret.html"
        htpasswd = "strict"
        [[site.auth]]
        path = "/**"
        htpasswd = "loose"
        """, directory)
    for name in ("secret.html", "secret.html.br", "secret.html.zst", "secret.html.gz"):
        assert server.get(f"/{name}", fields=basic("bob", "pa:ss:word")).status == 401
        assert server.get(f"/{name}", fields=RIGHT).status == 200
