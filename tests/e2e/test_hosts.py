"""Which site answers: the Host field, or the authority of an absolute target."""

import pytest

from support.client import build_request
from support.server import run
from support.tree import write

HOSTS = {
    "exact": ["example.org", "WWW.Example.ORG", "dotted.example.org."],
    "wildcard": ["*.example.org"],
    "longer": ["*.deep.example.org", "port.test"],
    "literal": ["[::1]", "[2001:DB8::a]", "192.0.2.1"],
    "international": ["xn--bcher-kva.test", "a_b.test", "*.xn--p1ai"],
    "other": [],
}


def configuration(names):
    sites = []
    for name in names:
        hosts = ", ".join(f'"{host}"' for host in HOSTS[name])
        sites.append(f'[[site]]\nroot = "{name}"\nhosts = [{hosts}]\n')
    return "\n".join(sites)


@pytest.fixture(scope="module")
def base(new_directory):
    base = new_directory()
    for name in HOSTS:
        write(base / name / "name.txt", name.encode())
    return base


@pytest.fixture(scope="module")
def with_default(base, start_configured_shared):
    return start_configured_shared(configuration(HOSTS), base)


@pytest.fixture(scope="module")
def without_default(base, start_configured_shared):
    return start_configured_shared(configuration(name for name in HOSTS if name != "other"), base)


# Value of Host → the site.
ANSWERS = {
    "example.org": "exact",
    "EXAMPLE.org": "exact",
    "www.example.org": "exact",
    "example.org:80": "exact",
    "example.org:65535": "exact",
    "example.org:": "exact",
    "example.org.": "exact",
    "example.org.:8080": "exact",
    "Example.Org.:8080": "exact",
    " example.org\t": "exact",
    "dotted.example.org": "exact",
    "dotted.example.org.": "exact",
    "a.example.org": "wildcard",
    "A.EXAMPLE.ORG.:80": "wildcard",
    "a.b.c.example.org": "wildcard",
    "a.www.example.org": "wildcard",
    "deep.example.org": "wildcard",
    "-.example.org": "wildcard",
    "x.deep.example.org": "longer",
    "x.y.Deep.example.org:1": "longer",
    "port.test:1234": "longer",
    "[::1]": "literal",
    "[::1]:8080": "literal",
    "[::1]:": "literal",
    "[2001:db8::A]:1": "literal",
    "192.0.2.1": "literal",
    "192.0.2.1:80": "literal",
    "xn--bcher-kva.test": "international",
    "XN--Bcher-KVA.test": "international",
    "A_B.test": "international",
    "x.xn--p1ai": "international",
    # No site names these.
    "example.com": "other",
    "xexample.org": "other",
    "example.org.evil.test": "other",
    "example.orgx": "other",
    "org": "other",
    ".org": "other",
    ".example.org": "other",
    "example.org..": "other",
    "*.test": "other",
    "[::2]": "other",
    "[::1%25eth0]": None,
    "::1": None,
    "192.0.2.10": "other",
    "xn--p1ai": "other",
    "localhost": "other",
    "example%2eorg": "other",
    "a" * 63 + ".test": "other",
    ".".join(["a" * 60] * 60): "other",
    ".".join(["a" * 60] * 60) + ".example.org": "other",
    "." * 3000: "other",
    "a." * 1500 + "example.org": "other",
}


@pytest.fixture(scope="module", params=["with_default", "without_default"])
def server(request):
    return request.getfixturevalue(request.param), request.param == "with_default"


def check(response, site, has_default):
    if site is None:
        assert response.status == 400
    elif site == "other" and not has_default:
        assert response.status == 421
        assert response.content_length == len(response.body) > 0
    else:
        assert (response.status, response.body) == (200, site.encode())


@pytest.mark.parametrize("host", ANSWERS, ids=lambda host: repr(host[-40:]))
def test_the_host_field(server, host):
    running, has_default = server
    check(running.get("/name.txt", host=host), ANSWERS[host], has_default)


AUTHORITIES = {"example.org": "exact", "EXAMPLE.org.": "exact", "a.example.org": "wildcard",
               "x.deep.example.org:80": "longer", "[::1]": "literal", "nobody.test": "other"}


@pytest.mark.parametrize("authority", AUTHORITIES)
@pytest.mark.parametrize("scheme", ["http", "HTTP", "https"])
@pytest.mark.parametrize("field", ["example.org", "nobody.test", "a.example.org", "[::1]:80"])
def test_the_authority_of_the_target_replaces_the_field(server, scheme, authority, field):
    """RFC 9112 §3.2.2."""
    running, has_default = server
    response = running.get(f"{scheme}://{authority}/name.txt", host=field)
    check(response, AUTHORITIES[authority], has_default)


@pytest.mark.parametrize("target", ["http://user@example.org/name.txt", "http:///name.txt",
                                    "http://example.org:99999/name.txt",
                                    "ftp://example.org/name.txt",
                                    "http://exa mple.org/name.txt"])
def test_a_malformed_authority_is_refused(server, target):
    assert server[0].get(target, host="example.org").status == 400


def test_http_1_0_without_host(server):
    running, has_default = server
    response = running.get("/name.txt", version="HTTP/1.0", host=None)
    check(response, "other", has_default)


@pytest.mark.parametrize("host, site", [("example.org", "exact"), ("a.example.org", "wildcard"),
                                        ("nobody.test", "other")])
def test_http_1_0_with_host_or_authority(server, host, site):
    running, has_default = server
    check(running.get("/name.txt", version="HTTP/1.0", host=host), site, has_default)
    check(running.get(f"http://{host}/name.txt", version="HTTP/1.0", host=None), site, has_default)


def test_http_1_1_without_host_is_refused(server):
    assert server[0].get("/name.txt", host=None).status == 400
    assert server[0].get("http://example.org/name.txt", host=None).status == 400


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE"])
def test_any_method_is_misdirected(without_default, method):
    response = without_default.get("/name.txt", method=method, host="nobody.test")
    assert response.status == 421
    assert (len(response.body) > 0) == (method != "HEAD")


def test_one_connection_may_ask_all_sites(server):
    """And a misdirected request does not end it."""
    running, has_default = server
    hosts = [*AUTHORITIES, *reversed(AUTHORITIES)]
    with running.connect() as connection:
        connection.send(b"".join(build_request("/name.txt", host=host) for host in hosts))
        for host in hosts:
            check(connection.read_response(), AUTHORITIES[host], has_default)


def test_options_of_the_server_itself(server):
    """RFC 9110 §9.3.7: "*" is about the server, not about a site."""
    response = server[0].get("*", method="OPTIONS", host="nobody.test")
    assert response.status in (200, 204)


def test_the_default_site_may_have_hosts(base, start_configured):
    text = ('[[site]]\nroot = "exact"\nhosts = ["a.test"]\n'
            '[[site]]\nroot = "wildcard"\nhosts = ["b.test"]\ndefault = true\n')
    running = start_configured(text, base)
    for host, site in {"a.test": b"exact", "b.test": b"wildcard", "c.test": b"wildcard"}.items():
        assert running.get("/name.txt", host=host).body == site
    assert running.get("/name.txt", version="HTTP/1.0", host=None).body == b"wildcard"


REFUSED = {
    "two sites without hosts": '[[site]]\nroot = "exact"\n[[site]]\nroot = "other"\n',
    "two default sites": '[[site]]\nroot = "exact"\nhosts = ["a"]\ndefault = true\n'
                         '[[site]]\nroot = "other"\nhosts = ["b"]\ndefault = true\n',
    "a host of two sites": '[[site]]\nroot = "exact"\nhosts = ["a.test"]\n'
                           '[[site]]\nroot = "other"\nhosts = ["b.test", "A.test."]\n',
    "a host twice": '[[site]]\nroot = "exact"\nhosts = ["a.test", "a.TEST"]\n',
    "no site": '[server]\nthreads = 1\n',
} | {f"host {host!r}": f'[[site]]\nroot = "exact"\nhosts = ["{host}"]\n' for host in [
    "", "*", "*.", "a.*", "*a.test", "a.*.test", "*.*.test", "a:80", "[::1]:80", "::1", "[::1",
    "http://a.test", "a.test/", "a b", ".a.test", "a..test", "bücher.test", "user@a.test", "[]",
    "a" * 5000]}


@pytest.mark.parametrize("mistake", REFUSED, ids=lambda mistake: mistake[:40])
def test_mistakes_are_found_at_load(base, directory, mistake):
    file = directory / "sluice.toml"
    file.write_text(REFUSED[mistake].replace('root = "', f'root = "{base}/'))
    result = run("check", file)
    assert (result.returncode, result.stdout) == (2, ""), result
    assert result.stderr.startswith(f"{file}:") and len(result.stderr.splitlines()) == 1
