"""Fields of responses that rules set, add and remove."""

import pytest

from support.client import Connection, build_request
from support.server import run
from support.tree import write

CONFIGURATION = """
[[site]]
hosts = ["rules.test"]
root = "root"
listing = true
error_pages = { 404 = "/404.html" }

  [[site.header]]
  set = { X-All = "1", X-Order = "first" }

  [[site.header]]
  path = "*.html"
  set = { Cache-Control = "no-cache", X-Order = "second" }

  [[site.header]]
  path = "/docs/**"
  set = { x-ORDER = "third", Link = "</a>; rel=preload" }
  add = { Link = ["</b>; rel=preload", "</c>; rel=preload"], X-Added = "one" }

  [[site.header]]
  path = "/docs/*.html"
  remove = ["X-All", "etag"]
  add = { X-Added = "two" }

  [[site.header]]
  path = "/always/**"
  set = { X-Always = "yes" }
  always = true

  [[site.header]]
  path = "/sometimes/**"
  set = { X-Sometimes = "yes" }

  [[site.header]]
  path = "/no-tags/**"
  remove = ["ETag", "Last-Modified", "Accept-Ranges", "Server"]
  always = true

  [[site.header]]
  path = "/one/?.txt"
  set = { X-One = "  blanks around  ", X-Latin = "caf\u00e9", X-Empty = "" }

  [[site.header]]
  path = "/typed/**"
  set = { Content-Type = "application/x-typed" }

  [[site.redirect]]
  from = "/always/moved"
  to = "/file.txt"

  [[site.rewrite]]
  from = "/rewritten/*"
  to = "/docs/$1"

  [[site.mount]]
  path = "/docs/mounted"
  root = "mounted"

[[site]]
hosts = ["immutable.test"]
root = "root"

  [[site.header]]
  path = "/assets/**"
  preset = "immutable"

  [[site.header]]
  path = "/assets/late/**"
  set = { Cache-Control = "no-store" }

[[site]]
hosts = ["security.test"]
root = "root"

  [[site.header]]
  preset = "security"

  [[site.header]]
  path = "/framed/**"
  remove = ["X-Frame-Options"]

  [[site.header]]
  path = "/sameorigin/**"
  set = { X-Frame-Options = "DENY" }
  always = true

[[site]]
hosts = ["both.test"]
root = "root"

  [[site.header]]
  preset = "immutable"
  set = { X-More = "1" }

[[site]]
hosts = ["plain.test"]
root = "root"
"""

IMMUTABLE = "public, max-age=31536000, immutable"
SECURITY = {"x-content-type-options": "nosniff",
            "referrer-policy": "strict-origin-when-cross-origin",
            "x-frame-options": "SAMEORIGIN", "cross-origin-opener-policy": "same-origin"}
FILES = ["file.txt", "page.html", "404.html", "docs/page.html", "docs/file.txt", "docs/deep/p.html",
         "always/file.txt", "sometimes/file.txt", "no-tags/file.txt", "one/a.txt", "one/ab.txt",
         "framed/a.html", "typed/file.txt", "sameorigin/a.html", "docs/index.html"]
HASHED = ["main.8f2a1c3b.js", "index-BkZ3x9aQ.css", "a_0123456789abcdef.woff2", "x.deadbee5.min.js"]
NOT_HASHED = ["main.js", "report-20240115.pdf", "my-document.html", "8f2a1c3b.js", "a.b1.js",
              "main.8f2a1c3b", "a-longwords.css"]


@pytest.fixture(scope="module")
def base(new_directory):
    base = new_directory()
    for name in FILES:
        write(base / "root" / name, name.encode())
    for name in HASHED + NOT_HASHED:
        write(base / "root" / "assets" / name, b"asset")
        write(base / "root" / "assets" / "late" / name, b"asset")
    write(base / "mounted" / "file.txt", b"mounted")
    (base / "root" / "listed").mkdir()
    return base


@pytest.fixture(scope="module")
def server(base, start_configured_shared):
    return start_configured_shared(CONFIGURATION, base)


@pytest.fixture(scope="module")
def connection(server):
    with server.connect() as opened:
        yield opened


# Target → fields of the response; None: not there.
FIELDS = {
    "/file.txt": {"x-all": "1", "x-order": "first", "cache-control": None, "link": None},
    "/file.txt?a=b": {"x-all": "1"},
    "/%66ile.txt": {"x-all": "1"},
    "/page.html": {"x-all": "1", "x-order": "second", "cache-control": "no-cache"},
    "/docs/../page.html": {"cache-control": "no-cache", "link": None},
    "/docs/file.txt": {"x-all": "1", "x-order": "third", "x-added": "one",
                       "link": "</a>; rel=preload, </b>; rel=preload, </c>; rel=preload"},
    "/docs/page.html": {"x-all": None, "x-order": "third", "x-added": "one, two", "etag": None,
                        "cache-control": "no-cache"},
    "/docs/deep/p.html": {"x-all": "1", "x-added": "one", "cache-control": "no-cache"},
    # Rules are about the path that was asked for, and about the file that answers.
    "/docs/": {"x-order": "third", "cache-control": "no-cache"},
    "/rewritten/page.html": {"x-order": "third",
                             "link": "</a>; rel=preload, </b>; rel=preload, </c>; rel=preload"},
    "/docs/mounted/file.txt": {"x-order": "third", "x-added": "one"},
    "/always/file.txt": {"x-always": "yes"},
    "/sometimes/file.txt": {"x-sometimes": "yes"},
    "/no-tags/file.txt": {"etag": None, "last-modified": None, "accept-ranges": None,
                           "server": None},
    "/one/a.txt": {"x-one": "blanks around", "x-latin": "caf\u00c3\u00a9", "x-empty": ""},
    "/one/ab.txt": {"x-one": None, "x-latin": None},
    "/listed/": {"x-all": "1", "x-order": "first"},
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", FIELDS)
def test_fields_of_files(connection, target, method):
    response = connection.ask(target, method, host="rules.test")
    assert response.status == 200
    assert {name: response.field(name) for name in FIELDS[target]} == FIELDS[target]


def test_other_sites_have_none_of_it(connection):
    response = connection.ask("/docs/page.html", host="plain.test")
    assert response.status == 200
    assert {"x-all", "x-order", "link", "cache-control"}.isdisjoint(dict(response.fields))


# Status → request below a prefix.
ERRORS = {
    404: ("missing.txt", "GET", []),
    405: ("file.txt", "POST", []),
    412: ("file.txt", "GET", [("If-Match", '"x"')]),
    416: ("file.txt", "GET", [("Range", "bytes=100-")]),
}
SUCCESSES = {
    200: ("file.txt", "GET", []),
    204: ("file.txt", "OPTIONS", []),
    206: ("file.txt", "GET", [("Range", "bytes=0-1")]),
    304: ("file.txt", "GET", [("If-None-Match", "*")]),
}


@pytest.mark.parametrize("status", ERRORS | SUCCESSES)
def test_errors_have_what_is_always_there(connection, status):
    name, method, fields = (ERRORS | SUCCESSES)[status]
    for prefix, field, there in [("/always", "x-always", True),
                                 ("/sometimes", "x-sometimes", status < 400)]:
        response = connection.ask(f"{prefix}/{name}", method, fields=fields, host="rules.test")
        assert response.status == status
        assert response.field(field) == ("yes" if there else None)


def test_redirects_have_fields_as_well(base, connection):
    (base / "root" / "sometimes" / "deep").mkdir(exist_ok=True)
    response = connection.ask("/sometimes/deep", host="rules.test")
    assert (response.status, response.field("x-sometimes")) == (301, "yes")
    response = connection.ask("/always/moved", host="rules.test")
    assert (response.status, response.field("x-always")) == (301, "yes")


def test_a_type_of_its_own(connection):
    """It is that of the file: several ranges of it are parts of something else."""
    response = connection.ask("/typed/file.txt", host="rules.test")
    assert response.field("content-type") == "application/x-typed"
    response = connection.ask("/typed/file.txt", fields=[("Range", "bytes=0-1")], host="rules.test")
    assert (response.status, response.field("content-type")) == (206, "application/x-typed")
    response = connection.ask("/typed/file.txt", fields=[("Range", "bytes=0-0,3-4")],
                              host="rules.test")
    assert response.status == 206
    assert response.field("content-type").startswith("multipart/byteranges")


def test_a_field_that_is_removed_from_a_304(connection):
    etag = connection.ask("/no-tags/file.txt", host="plain.test").field("etag")
    response = connection.ask("/no-tags/file.txt", fields=[("If-None-Match", etag)],
                              host="rules.test")
    assert (response.status, response.field("etag")) == (304, None)
    response = connection.ask("/page.html", fields=[("If-None-Match", "*")], host="rules.test")
    assert (response.status, response.field("cache-control")) == (304, "no-cache")


@pytest.mark.parametrize("name", HASHED + NOT_HASHED)
def test_immutable_are_names_with_a_hash(connection, name):
    expected = IMMUTABLE if name in HASHED else None
    response = connection.ask(f"/assets/{name}", host="immutable.test")
    assert (response.status, response.field("cache-control")) == (200, expected)
    response = connection.ask(f"/assets/{name}", fields=[("If-None-Match", "*")],
                              host="immutable.test")
    assert (response.status, response.field("cache-control")) == (304, expected)
    response = connection.ask(f"/assets/late/{name}", host="immutable.test")
    assert response.field("cache-control") == "no-store"


def test_errors_are_never_immutable(connection):
    for target in ("/assets/gone.8f2a1c3b.js", "/assets/8f2a1c3b/x.js"):
        response = connection.ask(target, host="immutable.test")
        assert (response.status, response.field("cache-control")) == (404, None)
    response = connection.ask("/assets/main.8f2a1c3b.js", fields=[("Range", "bytes=90-")],
                              host="immutable.test")
    assert (response.status, response.field("cache-control")) == (416, None)


def test_a_preset_with_fields_of_its_own_rule(connection):
    response = connection.ask("/assets/main.8f2a1c3b.js", host="both.test")
    assert (response.field("cache-control"), response.field("x-more")) == (IMMUTABLE, "1")
    response = connection.ask("/file.txt", host="both.test")
    assert (response.field("cache-control"), response.field("x-more")) == (None, "1")
    assert connection.ask("/missing", host="both.test").field("x-more") is None


@pytest.mark.parametrize("target, method, status", [
    ("/page.html", "GET", 200), ("/missing", "GET", 404), ("/page.html", "DELETE", 405),
    ("/docs", "GET", 301), ("/page.html", "HEAD", 200), ("/assets/", "GET", 403)])
def test_security_is_on_errors_too(connection, target, method, status):
    response = connection.ask(target, method, host="security.test")
    assert response.status == status
    assert {name: response.field(name) for name in SECURITY} == SECURITY


def test_rules_after_a_preset_change_it(connection):
    assert connection.ask("/framed/a.html", host="security.test").field("x-frame-options") is None
    # That rule is not for errors, the preset is.
    response = connection.ask("/framed/missing", host="security.test")
    assert response.field("x-frame-options") == "SAMEORIGIN"
    for name in ("a.html", "missing"):
        response = connection.ask(f"/sameorigin/{name}", host="security.test")
        assert response.field("x-frame-options") == "DENY"


def test_what_has_no_site_has_no_rules(server):
    """A head that cannot be read, and a host that nobody serves."""
    with Connection(server.address) as connection:
        connection.send(build_request("/%zz", host="rules.test"))
        response = connection.read_response()
        assert (response.status, response.field("x-all")) == (400, None)


def rule(text):
    return f'[[site]]\nroot = "root"\n[[site.header]]\n{text}\n'


FORBIDDEN = ["Connection", "content-length", "CONTENT-RANGE", "Keep-Alive", "Trailer",
             "Transfer-Encoding", "Upgrade"]
REFUSED = {f"{verb} {name}": f'{verb} = {{ {name} = "x" }}'
           for verb in ("set", "add") for name in [*FORBIDDEN, "Date"]}
REFUSED |= {f"remove {name}": f'remove = ["{name}"]' for name in FORBIDDEN}
REFUSED |= {
    "a name with a blank": 'set = { "X Y" = "1" }',
    "a name with a colon": 'set = { "X:" = "1" }',
    "a name with a line": 'set = { "X\\r\\nY" = "1" }',
    "no name": 'set = { "" = "1" }',
    "a name of other letters": 'add = { "\u00e4" = "1" }',
    "a value of two lines": 'set = { X = "1\\r\\nSet-Cookie: a" }',
    "a value with LF": 'add = { X = ["1\\n"] }',
    "a value with NUL": 'set = { X = "a\\u0000b" }',
    "set twice": 'set = { X = "1", x = "2" }',
    "an unknown preset": 'preset = "fast"',
    "a value that is a number": "set = { X = 1 }",
    "a pattern that is empty": 'path = ""\nset = { X = "1" }',
    "a pattern with ***": 'path = "/***"\nset = { X = "1" }',
    "a pattern with //": 'path = "/a//b"\nset = { X = "1" }',
    "a misspelt key": 'sets = { X = "1" }',
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_mistakes_are_found_at_load(directory, mistake):
    (directory / "root").mkdir()
    file = directory / "sluice.toml"
    file.write_text(rule(REFUSED[mistake]))
    result = run("check", file)
    assert (result.returncode, result.stdout) == (2, ""), result
    assert result.stderr.startswith(f"{file}:") and len(result.stderr.splitlines()) == 1


def test_more_fields_than_a_head_has_room_for(directory, start_configured):
    """Refused at load, or an error when it is asked for; but never half a head."""
    (directory / "root").mkdir()
    write(directory / "root" / "file.txt", b"content\n")
    values = ", ".join('"%s"' % ("x" * 1000) for _ in range(60))
    file = directory / "sluice.toml"
    file.write_text(rule(f'path = "*.txt"\nadd = {{ X = [{values}] }}'))
    if run("check", file).returncode == 2:
        return
    with start_configured(file.read_text(), directory).connect() as connection:
        assert connection.ask("/file.txt").status == 500
        assert connection.ask("/").status == 403


MOST_RULES = 512


def test_many_rules(directory, start_configured):
    """As many as there may be, of which a few match."""
    (directory / "root").mkdir()
    write(directory / "root" / "file-7.txt", b"content\n")
    text = '[[site]]\nroot = "root"\n' + "".join(
        f'[[site.header]]\npath = "/file-{number % 100}*"\nset = {{ X-{number} = "{number}" }}\n'
        for number in range(MOST_RULES))
    with start_configured(text, directory).connect() as connection:
        response = connection.ask("/file-7.txt")
        assert response.status == 200
        expected = {f"x-{number}": str(number) for number in range(7, MOST_RULES, 100)}
        assert {name: value for name, value in response.fields if name.startswith("x-")} == expected
    write(directory / "sluice.toml", (text + "[[site.header]]\n").encode())
    assert run("check", directory / "sluice.toml").returncode == 2


def test_more_fields_than_a_head_has_room_for(directory, start_configured):
    """At every length of what comes before them, a response or 500, and never the end of it all."""
    (directory / "root").mkdir()
    rule = f"""[[site.header]]
    set = {{ NAME = "{'v' * 3900}" }}
    """
    rules = "".join(rule.replace("NAME", f"X-{number}") for number in range(5))
    server = start_configured(f"""
        [[site]]
        root = "root"
        {rules}
        [[site.redirect]]
        prefix = "/r"
        to = "/to"
        """, directory)
    statuses = set()
    with server.connect() as connection:
        for length in range(4000, 5400):
            statuses.add(connection.ask("/r/x?" + "q" * length).status)
    assert statuses == {301, 500}


def test_nothing_but_the_file_itself_is_immutable(directory, start_configured):
    """Neither a redirect from its name, nor a fallback in its place."""
    write(directory / "root" / "index.html", b"index")
    write(directory / "root" / "app-ab12cd34ef.js", b"app")
    server = start_configured("""
        [[site]]
        root = "root"
        fallback = "/index.html"
        [[site.header]]
        preset = "immutable"
        [[site.redirect]]
        from = "/old-ab12cd34ef.js"
        to = "/app-ab12cd34ef.js"
        """, directory)
    assert "immutable" in server.get("/app-ab12cd34ef.js").field("cache-control")
    assert server.get("/old-ab12cd34ef.js").field("cache-control") is None
    fallback = server.get("/app-ab12cd34ff.js", fields=[("Accept", "text/html")])
    assert (fallback.status, fallback.body) == (200, b"index")
    assert fallback.field("cache-control") is None
