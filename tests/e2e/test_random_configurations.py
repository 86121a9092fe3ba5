"""Configurations of all kinds, made from seeds: they start, answer what is asked, and stop."""

import base64
import json
import random

import pytest

from support.client import build_request
from support.server import run
from support.tree import SECRET, write

SEEDS = range(30)
# alice, "wonder land"
USERS = "alice:$2y$04$b783PI7yX.NmDs3KK1QeDOzcbjkO75n1a7WwP21t1fOXS7BQqxin6\n"
ALICE = ("Authorization", "Basic " + base64.b64encode(b"alice:wonder land").decode())

FILES = ["index.html", "home.htm", "a.html", "a.txt", "b/a.txt", "b/index.html", "b/c/d.txt",
         "assets/x.8f2a1c3b.js", ".hidden/file", "404.html", "b/404.html", "pre.txt", "pre.txt.gz"]
PATTERNS = ["/**", "/b/**", "/b/*", "*.html", "*.txt", "/?/*", "/assets/**", "/b/**/d.txt",
            "/**/c/**", "/x y/*", "/m0/**", "/a.*"]
ALLOWED = {200, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 412, 414, 416,
           421}


def text(value):
    return json.dumps(value)  # the strings that are used here are the same in TOML


class Maker:
    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.lines = []

    def chance(self, probability=0.5):
        return self.dice.random() < probability

    def say(self, key, value, probability=0.5):
        if self.chance(probability):
            self.lines.append(f"{key} = {text(value)}")

    def directory(self, prefix):
        self.lines.append(f"root = {text(self.dice.choice(['root', 'root/b', './root/../root']))}")
        self.say("index", self.dice.sample(["index.html", "home.htm", "a.txt", "none"],
                                           self.dice.randrange(5)))
        self.say("listing", self.chance())
        self.say("hidden_files", self.chance())
        self.say("symlinks", self.dice.choice(["none", "beneath"]))
        self.say("etag", self.dice.choice(["modified", "content", "none"]))
        self.say("precompressed", self.chance())
        self.say("clean_urls", self.chance())
        self.say("compress", self.chance(), 0.2)
        self.say("fallback", prefix + self.dice.choice(["/index.html", "/a.txt", "/nowhere"]), 0.3)
        self.say("fallback_exclude", self.dice.sample(PATTERNS, self.dice.randrange(4)), 0.3)
        pages = {404: "/404.html", 403: "/b/404.html", 405: "/nowhere", 401: "/a.txt", 503: "/x"}
        chosen = self.dice.sample(sorted(pages), self.dice.randrange(4))
        pairs = ", ".join(f"{status} = {text(prefix + pages[status])}" for status in chosen)
        self.lines.append(f"error_pages = {{ {pairs} }}")

    def header(self):
        self.lines.append("[[site.header]]")
        self.say("path", self.dice.choice(PATTERNS), 0.8)
        self.say("preset", self.dice.choice(["immutable", "security", "cors"]))
        for verb in ("set", "add"):
            if self.chance():
                name = f"X-{self.dice.randrange(3)}"
                self.lines.append(f'{verb} = {{ {name} = "{verb}", X-Other = "X" }}')
        self.say("remove", self.dice.sample(["ETag", "X-1", "Server", "Cache-Control"], 2))
        self.say("always", self.chance())

    def rule(self, kind, number):
        self.lines.append(f"[[site.{kind}]]")
        source = f"/{kind}{number}"
        to = self.dice.choice(["/b", "/assets", "/m0", "/nowhere"])
        if kind == "redirect" and self.chance():
            to = "https://elsewhere.example" + to
        if self.chance():
            self.lines += [f'prefix = "{source}"', f'to = "{to}"']
        else:
            self.lines += [f'from = "{source}/**"', f'to = "{to}/$1"']
        if kind == "redirect":
            self.say("status", self.dice.choice([301, 302, 303, 307, 308]))

    def mount(self, path):
        self.lines += ["[[site.mount]]", f"path = {text(path)}"]
        self.directory(path.rstrip("/"))

    def auth(self):
        self.lines += ["[[site.auth]]", 'htpasswd = "users"']
        self.say("path", self.dice.choice(PATTERNS), 0.9)
        self.say("realm", 'of "some" \\ kind', 0.3)

    def site(self, number, default):
        self.lines.append("[[site]]")
        hosts = [f"site{number}.test", f"*.site{number}.test", f"[::{number + 1}]"]
        if not default or self.chance():
            self.lines.append(f"hosts = {text(hosts[:self.dice.randrange(1, 4)])}")
            self.lines.append(f"default = {text(default)}")
        self.directory("")
        for _ in range(self.dice.randrange(6)):
            self.header()
        for rule in range(self.dice.randrange(4)):
            self.rule("redirect", rule)
        for rule in range(self.dice.randrange(4)):
            self.rule("rewrite", rule)
        for path in self.dice.sample(["/m0", "/m1/", "/b", "/b/c", "/x y/\u00e4"],
                                     self.dice.randrange(4)):
            self.mount(path)
        for _ in range(self.dice.randrange(3)):
            self.auth()

    def configuration(self):
        self.lines += ["[server]", f"threads = {self.dice.randrange(1, 4)}",
                       'cache_directory = "cache"', "[server.limits]"]
        self.say("open_file_count", self.dice.choice([1, 2, 100]))
        self.say("receive_buffer_bytes", self.dice.choice([1, 100, 4096]))
        self.say("background_thread_count", self.dice.choice([1, 2, 5]))
        self.say("pipe_count", self.dice.choice([1, 2, 64]))
        count = self.dice.randrange(1, 4)
        default = self.dice.randrange(count + 1)
        for number in range(count):
            self.site(number, number == default)
        return "\n".join(self.lines) + "\n"

    def request(self):
        places = [*FILES, "", "b/", "b/c", "b/c/", "assets/", "nowhere", "a", "../secret.txt",
                  "%2e%2e/secret.txt", "..%2f..%2fsecret.txt", "?sort=size", "x%20y/%C3%A4/a.txt",
                  "%ff", "a%zz"]
        prefixes = ["", "", "", "/m0", "/m1", "/redirect0", "/rewrite0", "/rewrite1", "/b", "/"]
        target = f"{self.dice.choice(prefixes)}/{self.dice.choice(places)}"
        method = self.dice.choices(["GET", "HEAD", "OPTIONS", "POST"], [8, 2, 1, 1])[0]
        fields = [field for field in (
            ALICE, ("Accept", "text/html"), ("Accept", "application/json"), ("Range", "bytes=1-2"),
            ("Range", "bytes=0-0,2-3"), ("If-None-Match", "*"), ("Accept-Encoding", "gzip, br"),
            ("Origin", "https://a.test"), ("Sec-Fetch-Mode", "navigate")) if self.chance(0.25)]
        host = self.dice.choice(["site0.test", "a.site1.test:80", "SITE2.test.", "[::1]", "other"])
        return method, build_request(target, method, fields, host=host)


@pytest.fixture
def base(directory):
    for name in FILES:
        write(directory / "root" / name, f"content of {name}\n".encode() * 50)
    write(directory / "secret.txt", SECRET)
    write(directory / "users", USERS.encode())
    return directory


@pytest.mark.parametrize("seed", SEEDS)
def test_it_starts_answers_and_stops(base, start_configured, seed):
    maker = Maker(seed)
    configuration = maker.configuration()
    server = start_configured(configuration, base)
    requests = [maker.request() for _ in range(60)]
    while requests:
        with server.connect() as connection:
            connection.send_if_wanted(b"".join(request for _, request in requests))
            while requests:
                method, request = requests.pop(0)
                response = connection.read_response(method)
                assert response.status in ALLOWED, (seed, configuration, request, response)
                assert SECRET not in response.body
                assert response.closes == (response.status == 400), (seed, request, response)
                if response.closes:
                    break
    result = run("check", base / "sluice.toml")
    assert (result.returncode, result.stderr) == (0, ""), (seed, configuration)
