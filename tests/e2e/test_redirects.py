"""Redirects: which paths, where to, and that no request chooses the host."""

import random
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import pytest

from support.server import run
from support.tree import write

RULES = [
    # from or prefix, to, status
    ("from", "/blog/*/*.php", "https://blog.example.org/$1/$2", None),
    ("from", "/articles/*/*", "/new/$2?year=$1", 302),
    ("from", "/same", "/target?fixed=1", 303),
    ("from", "/money", "/$$1/$$", 307),
    ("from", "/exact.html", "/target", 308),
    ("prefix", "/old", "https://old.example.org", 308),
    ("prefix", "/docs/", "/manual", None),
    ("prefix", "/part", "/whole/", None),
    ("from", "/fragment/*", "/page#part-$1", None),
    ("from", "/both/*", "/page?a=$1#b", None),
    ("from", "/one?", "/single/$1", None),
    ("from", "/deep/**/end", "/found/$1", None),
    ("from", "/any/**", "/$1", None),
    ("from", "/swap/*/*/*", "/$3/$1/$2/$1", None),
    ("from", "/order/special", "/first", None),
    ("from", "/order/*", "/second", None),
    ("from", "/escaped", "/a%20b%2Fc", None),
    ("from", "*.bak", "/backup", None),
    ("from", "/hosted/**", "https://example.org/$1", None),
    ("from", "/query/**", "/target?q=$1", None),
    ("prefix", "/quest", "/t?a=1", None),
    ("prefix", "/frag", "/page#top", None),
    ("from", "/bare", "https://bare.example", None),
    ("from", "/port/*", "http://bare.example:8080/$1", None),
    ("from", "/literal", "https://[2001:db8::1]:8443/x", None),
    ("from", "/there", "/not-there", None),
    ("prefix", "/up", "/", None),
    ("from", "/nine/?/?/?/?/?/?/?/?/?", "/$9$8$7$6$5$4$3$2$1", None),
]


def configuration(rules):
    text = '[[site]]\nroot = "root"\n'
    for kind, source, to, status in rules:
        text += f'[[site.redirect]]\n{kind} = "{source}"\nto = "{to}"\n'
        text += f"status = {status}\n" if status else ""
    return text


@pytest.fixture(scope="module")
def base(new_directory):
    base = new_directory()
    write(base / "root" / "there", b"there\n")
    write(base / "root" / "oldfile.txt", b"no part of the prefix\n")
    return base


@pytest.fixture(scope="module")
def server(base, start_configured_shared):
    return start_configured_shared(configuration(RULES), base)


@pytest.fixture(scope="module")
def ask(server):
    """Asks on one connection, and on a new one after a response that ends it."""
    connection = server.connect()

    def ask_and_reconnect(*request):
        nonlocal connection
        response = connection.ask(*request)
        if response.closes:
            connection.expect_close()
            connection.close()
            connection = server.connect()
        return response

    yield ask_and_reconnect
    connection.close()


# Target → Location and status.
LOCATIONS = {
    "/blog/2024/post.php": ("https://blog.example.org/2024/post", 301),
    "/blog/2024/post.php?a=1&b": ("https://blog.example.org/2024/post?a=1&b", 301),
    "/blog/a/b.c.php": ("https://blog.example.org/a/b.c", 301),
    "/articles/2024/title": ("/new/title?year=2024", 302),
    "/articles/2024/title?dropped=1": ("/new/title?year=2024", 302),
    "/articles/a%20b/c%26d": ("/new/c&d?year=a%20b", 302),
    "/same?a=b": ("/target?fixed=1", 303),
    "/money": ("/$1/$", 307),
    "/exact.html": ("/target", 308),
    "/exact.html?": ("/target?", 308),
    "/exact.html?x=%20%ff'": ("/target?x=%20%ff'", 308),
    "/old": ("https://old.example.org", 308),
    "/old/": ("https://old.example.org/", 308),
    "/old/a/b.html?q": ("https://old.example.org/a/b.html?q", 308),
    "/old//a": ("https://old.example.org/a", 308),
    "/old/../old/x": ("https://old.example.org/x", 308),
    "/docs/": ("/manual/", 301),
    "/docs/a/b": ("/manual/a/b", 301),
    "/part": ("/whole/", 301),
    "/part/a": ("/whole/a", 301),
    "/part/": ("/whole/", 301),
    "/fragment/2?q=1": ("/page?q=1#part-2", 301),
    "/both/x?q=1": ("/page?a=x#b", 301),
    "/oneX": ("/single/X", 301),
    "/deep/end": ("/found/", 301),
    "/deep/a/b/c/end": ("/found/a/b/c", 301),
    "/any/": ("/", 301),
    "/any/a/b/": ("/a/b/", 301),
    "/swap/a/b/c": ("/c/a/b/a", 301),
    "/order/special": ("/first", 301),
    "/order/other": ("/second", 301),
    "/escaped": ("/a%20b%2Fc", 301),
    "/x/y.bak": ("/backup", 301),
    "/z.bak": ("/backup", 301),
    "/%6Fld/x": ("https://old.example.org/x", 308),
    "/quest/x?y": ("/t/x?a=1", 301),
    "/quest": ("/t?a=1", 301),
    "/frag/x?q": ("/page/x?q#top", 301),
    "/bare?q": ("https://bare.example?q", 301),
    "/port/a%20b": ("http://bare.example:8080/a%20b", 301),
    "/literal": ("https://[2001:db8::1]:8443/x", 301),
    "/there": ("/not-there", 301),
    "/up/x": ("/x", 301),
    "/up": ("/", 301),
    "/nine/a/b/c/d/e/f/g/h/i": ("/ihgfedcba", 301),
    "/one%FF": ("/single/%FF", 301),
}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
@pytest.mark.parametrize("target", LOCATIONS)
def test_where_it_leads(ask, target, method):
    location, status = LOCATIONS[target]
    response = ask(target, method)
    assert (response.status, response.field("location")) == (status, location)
    assert (len(response.body) > 0) == (method != "HEAD")
    assert response.content_length > 0


@pytest.mark.parametrize("target", ["/", "/blog/2024/post.html", "/blog/2024/a/post.php",
                                    "/blog/x.php",
                                    "/exact.html/", "/exact.htm", "/oldfile.txt", "/Old", "/docs",
                                    "/docsx", "/one", "/one/", "/oneXY", "/one%C3%A4", "/swap/a/b",
                                    "/order/a/b", "/deep/endx", "/z.bak/", "/nine/a/b"])
def test_what_does_not_match(ask, target):
    response = ask(target)
    assert response.status in (200, 403, 404)
    assert response.field("location") is None


SEGMENTS = ["%0d%0aSet-Cookie:%20a=b", "%0D%0A%0D%0A<script>", "%0a", "%0d", "%00", "a%09b", "%7f",
            "%22%3E%3Cscript%3E", "a%20b", "%25", "%2525", "%5cevil.example",
            "%5C%5Cevil.example", "a;b=c", "@evil.example", "evil.example:80", "%E2%80%AE",
            "%C3%A4", "%ff%fe", "a?x", "%3Fx", "%23x", "javascript:alert(1)", "*", "$1", "$$"]


@pytest.mark.parametrize("segment", SEGMENTS)
def test_captured_bytes_are_escaped(ask, segment):
    """What the client follows has the very bytes in the place of the wildcard, and ends no line."""
    response = ask(f"/swap/x/y/{segment}")
    if segment == "%00":
        assert response.status == 400
        return
    path = unquote_to_bytes(segment.partition("?")[0])
    assert response.status == 301
    assert {name for name, _ in response.fields} == {"server", "date", "content-type", "location",
                                                     "content-length"}
    location = urlsplit(response.field("location"))
    assert (location.scheme, location.netloc, location.fragment) == ("", "", "")
    assert unquote_to_bytes(location.path) == b"/" + path + b"/x/y/x"
    assert location.query == segment.partition("?")[2]


def browser_host(location):
    """Where a browser goes from http://victim.test/: it takes '\\' for '/' (WHATWG URL)."""
    return urlsplit(urljoin("http://victim.test/a/b", location.replace("\\", "/"))).netloc


EVIL = ["evil.example", "/evil.example", "//evil.example", "///evil.example", "%2fevil.example",
        "%2f%2fevil.example", "%5cevil.example", "%5c%5cevil.example", "\\evil.example",
        "/%5cevil.example", "\\/evil.example", "%09/evil.example", "%0a//evil.example",
        "%0d%0a%0d%0a//evil.example", "./%2fevil.example", "%2e/%2fevil.example",
        "..//evil.example", "a/..//evil.example", "a/../%2f%2fevil.example", "http://evil.example/",
        "http:%2f%2fevil.example", "@evil.example", ".evil.example", ":80@evil.example", "%00",
        "%2f%5cevil.example", "%5c/evil.example", "evil.example%2f..", "/evil.example/%2e%2e/..//x",
        "%20//evil.example", "//evil.example/%2f.."]


@pytest.mark.parametrize("prefix", ["/any", "/up", "/part", "/deep/x", "/query", "/docs"])
@pytest.mark.parametrize("rest", EVIL)
def test_no_open_redirect_to_a_path(ask, prefix, rest):
    response = ask(f"{prefix}/{rest}")
    location = response.field("location")
    if location is not None:
        assert location.startswith("/") and not location.startswith(("//", "/\\"))
        assert browser_host(location) == "victim.test"
    else:
        assert response.status in (400, 403, 404)


@pytest.mark.parametrize("prefix, host", [("/hosted", "example.org"), ("/old", "old.example.org")])
@pytest.mark.parametrize("rest", EVIL)
def test_no_request_changes_the_host(ask, prefix, host, rest):
    response = ask(f"{prefix}/{rest}")
    location = response.field("location")
    if location is not None:
        assert browser_host(location) == host
    else:
        assert response.status in (400, 403, 404)


def test_random_targets_end_no_line_and_leave_no_host(ask):
    seed = 20
    dice = random.Random(seed)
    pieces = ["/", "//", "\\", "%5c", "%2f", "..", ".", "%0d", "%0a", "a", "?", "@", ":", "%09",
              "evil.example", "%2e", "*", "$1", "&", ";", "%25", "%e2%80%a8", "'"]
    for _ in range(1500):
        target = dice.choice(["/any/", "/up/", "/hosted/", "/part/", "/docs/", "/query/", "/one"])
        target += "".join(dice.choices(pieces, k=dice.randrange(1, 8)))
        location = ask(target).field("location")
        if location is None:
            continue
        expected = "example.org" if location.startswith("https://") else "victim.test"
        assert browser_host(location) == expected, (seed, target, location)
        assert "\\" not in location.partition("?")[0], (seed, target, location)


def test_a_location_that_is_too_long(ask):
    """Every byte may need three; whatever comes of it, the head is whole."""
    for count in (100, 1300, 2000, 2700):
        response = ask("/any/" + "%ff" * count)
        assert response.status in (301, 404, 414)
        if response.status == 301:
            assert response.field("location") == "/" + "%FF" * count
    assert ask("/exact.html?" + "q" * 8000).status == 308


def test_a_redirect_comes_before_the_file(ask):
    """And before the question whether the method may be used."""
    assert ask("/there").status == 301
    assert ask("/there", "DELETE").status == 301


LOOPS = {
    "itself": ([("from", "/a", "/a")], "/a → /a"),
    "two": ([("from", "/a", "/b"), ("from", "/b", "/a")], "/a → /b → /a"),
    "three": ([("from", "/a", "/b"), ("from", "/b", "/c"), ("from", "/c", "/a")],
              "/a → /b → /c → /a"),
    "by a capture": ([("from", "/x/*", "/y/$1"), ("from", "/y/*", "/x/$1")], " → "),
    "growing": ([("prefix", "/a", "/a/b")], " → "),
    "all": ([("from", "/**", "/maintenance.html")], "/maintenance.html"),
    "by prefix": ([("prefix", "/a", "/b"), ("prefix", "/b", "/a")], " → "),
    "into the own prefix": ([("prefix", "/", "/en")], " → "),
}


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("command", [("check",), ("serve", "--config")], ids=["check", "serve"])
def test_loops_are_found_at_load(directory, loop, command):
    (directory / "root").mkdir()
    rules, way = LOOPS[loop]
    file = directory / "sluice.toml"
    file.write_text(configuration([(*rule, None) for rule in rules]))
    result = run(*command, file)
    assert (result.returncode, result.stdout) == (2, ""), result
    assert result.stderr.startswith(f"{file}:") and way in result.stderr


def test_a_loop_over_the_own_host(directory):
    (directory / "root").mkdir()
    file = directory / "sluice.toml"
    for to, status in {"http://example.org/a": 2, "http://www.example.org/b": 2,
                       "http://other.example/a": 0, "https://example.org/a": 0}.items():
        file.write_text('[[site]]\nroot = "root"\nhosts = ["example.org", "www.example.org"]\n'
                        f'[[site.redirect]]\nfrom = "/a"\nto = "{to}"\n'
                        '[[site.redirect]]\nfrom = "/b"\nto = "/a"\n')
        assert run("check", file).returncode == status, to


NO_LOOPS = {
    "a chain": [("from", "/a", "/b"), ("from", "/b", "/c")],
    "another host": [("prefix", "/", "https://example.org")],
    "a prefix of a name": [("prefix", "/a", "/ab")],
    "out of a pattern": [("from", "/a/*", "/b/a/$1")],
    "shorter": [("from", "/a/**", "/$1x")],
}


@pytest.mark.parametrize("rules", NO_LOOPS)
def test_what_is_no_loop(directory, rules):
    (directory / "root").mkdir()
    file = directory / "sluice.toml"
    file.write_text(configuration([(*rule, None) for rule in NO_LOOPS[rules]]))
    result = run("check", file)
    assert (result.returncode, result.stderr) == (0, "")


REFUSED = {
    "neither from nor prefix": 'to = "/b"',
    "both": 'from = "/a"\nprefix = "/a"\nto = "/b"',
    "no to": 'from = "/a"',
    "an empty to": 'from = "/a"\nto = ""',
    "a relative to": 'from = "/a"\nto = "b"',
    "another host without a scheme": 'from = "/a"\nto = "//evil.example"',
    "a backslash": 'from = "/a"\nto = "/\\\\evil.example"',
    "another scheme": 'from = "/a"\nto = "ftp://a.test"',
    "a script": 'from = "/a"\nto = "javascript:alert(1)"',
    "a capture in the host": 'from = "/a/*"\nto = "https://$1/"',
    "a capture at the end of the host": 'from = "/a/*"\nto = "https://example.org$1/"',
    "a capture that is not there": 'from = "/a/*"\nto = "/$2"',
    "a capture of a prefix": 'prefix = "/a"\nto = "/b/$1"',
    "a capture of nothing": 'from = "/a"\nto = "/$1"',
    "a lone dollar": 'from = "/a"\nto = "/b$"',
    "a dollar before a letter": 'from = "/a"\nto = "/$x"',
    "capture 0": 'from = "/a/*"\nto = "/$0"',
    "two lines": 'from = "/a"\nto = "/b\\r\\nSet-Cookie: a"',
    "a blank": 'from = "/a"\nto = "/b c"',
    "other letters": 'from = "/a"\nto = "/\u00e4"',
    "a bad escape": 'from = "/a"\nto = "/%zz"',
    "no host": 'from = "/a"\nto = "https:///x"',
    "a user": 'from = "/a"\nto = "https://user@example.org/"',
    "status 200": 'from = "/a"\nto = "/b"\nstatus = 200',
    "status 300": 'from = "/a"\nto = "/b"\nstatus = 300',
    "status 304": 'from = "/a"\nto = "/b"\nstatus = 304',
    "status 306": 'from = "/a"\nto = "/b"\nstatus = 306',
    "a status in quotes": 'from = "/a"\nto = "/b"\nstatus = "301"',
    "ten wildcards": f'from = "{"/*" * 10}"\nto = "/b"',
    "a prefix with a wildcard": 'prefix = "/a/*"\nto = "/b"',
    "a relative prefix": 'prefix = "a"\nto = "/b"',
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_mistakes_are_found_at_load(directory, mistake):
    (directory / "root").mkdir()
    file = directory / "sluice.toml"
    file.write_text(f'[[site]]\nroot = "root"\n[[site.redirect]]\n{REFUSED[mistake]}\n')
    result = run("check", file)
    assert (result.returncode, result.stdout) == (2, ""), result
    assert result.stderr.startswith(f"{file}:") and len(result.stderr.splitlines()) == 1
