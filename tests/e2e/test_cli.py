"""Commands, flags and what is said when they are wrong."""

import contextlib
import os
import re
import signal
import socket
import subprocess

import pytest

from support.client import Connection
from support.privileges import unprivileged_prefix
from support.server import BINARY, environment, run
from support.waiting import wait_until

VALUE_FLAGS = ["--listen", "--threads", "--index", "--drain-timeout", "--cache-control", "--config"]
COMMANDS = [[], ["serve"], ["check"], ["doctor"]]


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
            return True
    except OSError:
        return False


def check_line(result, status, *words):
    """One line on standard error, nothing on standard output."""
    assert result.returncode == status, result
    assert result.stdout == ""
    assert len(result.stderr.strip("\n").splitlines()) == 1, result.stderr
    for word in words:
        assert re.search(re.escape(word), result.stderr), result.stderr


def test_version():
    result = run("--version")
    assert (result.returncode, result.stderr) == (0, "")
    assert re.fullmatch(r"sluice \d+\.\d+\.\d+\S*\n", result.stdout)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help(command, flag):
    result = run(*command, flag)
    assert (result.returncode, result.stderr) == (0, "")
    assert "sluice" in result.stdout


def test_help_lists_commands_and_flags():
    for command in ("serve", "check", "doctor"):
        assert command in run("--help").stdout
    text = run("serve", "--help").stdout
    for flag in (*VALUE_FLAGS, "--quiet", "--listing", "--spa", "--clean-urls", "--cors"):
        assert flag in text
    assert "127.0.0.1:8080" in text


@pytest.mark.parametrize("arguments, word", [
    (["frobnicate"], "frobnicate"), (["--nonsense"], "--nonsense"), (["serve", "--bad"], "--bad"),
    (["doctor", "--bad"], "--bad"), (["serve", "a", "b"], "b"),
], ids=str)
def test_unknown_words(arguments, word):
    check_line(run(*arguments), 2, word)


def test_no_command_at_all():
    result = run()
    assert result.returncode == 2
    assert "serve" in result.stdout + result.stderr


BAD_VALUES = [
    ("--listen", "nonsense", "PORT"), ("--listen", "127.0.0.1", "PORT"),
    ("--listen", "127.0.0.1:", "PORT"), ("--listen", "127.0.0.1:http", "PORT"),
    ("--listen", "127.0.0.1:65536", "65535"), ("--listen", "127.0.0.1:-1", "65535"),
    ("--listen", "127.0.0.1:99999999999999999999", "65535"), ("--listen", "256.0.0.1:80", "PORT"),
    ("--listen", "1.2.3:80", "PORT"), ("--listen", "[::1]", "PORT"), ("--listen", "::1:80", "["),
    ("--listen", "[::zz]:80", "["), ("--listen", "[::1:80", "["), ("--listen", ":", "PORT"),
    ("--listen", "127.0.0.1:80 ", "PORT"), ("--listen", "127.0.0.1:8x", "PORT"),
    ("--threads", "0", "1"), ("--threads", "-1", "1"), ("--threads", "two", "1"),
    ("--threads", "1.5", "1"), ("--threads", "1000000", "1"), ("--threads", "9" * 30, "1"),
    ("--drain-timeout", "-1", "0"), ("--drain-timeout", "soon", "0"),
    ("--drain-timeout", "9" * 30, "0"), ("--index", "a/b", "name"), ("--index", "..", "name"),
]


@pytest.mark.parametrize("flag, value, allowed", BAD_VALUES)
def test_bad_values_name_the_flag_the_value_and_what_is_allowed(site, flag, value, allowed):
    result = run("serve", site.root, f"{flag}={value}")
    check_line(result, 2, flag, value.strip())
    rest = result.stderr.replace(value, "", 1)
    assert allowed.lower() in rest.lower(), f"does not say what is allowed: {result.stderr}"


@pytest.mark.parametrize("flag", VALUE_FLAGS)
def test_a_flag_without_its_value(site, flag):
    check_line(run("serve", site.root, flag), 2, flag)


@pytest.mark.parametrize("flag", VALUE_FLAGS)
def test_a_flag_with_an_empty_value(site, flag):
    check_line(run("serve", site.root, flag, ""), 2, flag)


@pytest.mark.parametrize("flag", ["--listing", "--spa", "--clean-urls", "--cors", "--quiet"])
def test_a_flag_that_takes_no_value(site, flag):
    check_line(run("serve", site.root, f"{flag}=soon"), 2, flag)


def test_a_directory_that_is_missing(directory):
    check_line(run("serve", directory / "missing"), 2, str(directory / "missing"))


def test_a_directory_that_is_a_file(site):
    check_line(run("serve", site.root / "hello.txt"), 2, str(site.root / "hello.txt"))


def test_a_directory_that_is_a_fifo(directory):
    os.mkfifo(directory / "fifo")
    check_line(run("serve", directory / "fifo", timeout=10), 2, str(directory / "fifo"))


def test_a_directory_that_may_not_be_read(directory):
    closed = directory / "closed"
    closed.mkdir(mode=0o000)
    result = subprocess.run([*unprivileged_prefix(), BINARY, "serve", closed, "--listen",
                             "127.0.0.1:0"], capture_output=True, text=True, timeout=30,
                            env=environment(), check=False)
    assert result.returncode in (1, 2)
    check_line(result, result.returncode, str(closed))


@pytest.fixture
def taken_port():
    """A port on which somebody else listens."""
    with contextlib.closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_an_address_in_use(site, taken_port):
    result = run("serve", site.root, "--listen", f"127.0.0.1:{taken_port}")
    check_line(result, 1, "--listen", f"127.0.0.1:{taken_port}", "in use")


def test_an_address_in_use_by_sluice_itself(server, site):
    """SO_REUSEPORT, which the shards need among themselves, must not let a second server in."""
    result = run("serve", site.root, "--listen", f"127.0.0.1:{server.port}")
    check_line(result, 1, "--listen", f"127.0.0.1:{server.port}", "in use")
    assert all(server.get("/hello.txt").status == 200 for _ in range(20))


def test_the_same_address_twice(site):
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    result = run("serve", site.root, "--listen", address, "--listen", address)
    assert result.returncode in (1, 2)
    check_line(result, result.returncode, "--listen", address)


def test_an_address_of_another_machine(site):
    check_line(run("serve", site.root, "--listen", "203.0.113.1:0"), 1, "--listen", "203.0.113.1")


def test_nothing_is_ready_when_one_of_two_addresses_is_taken(site, taken_port):
    result = run("serve", site.root, "--listen", "127.0.0.1:0", "--listen",
                 f"127.0.0.1:{taken_port}")
    check_line(result, 1, f"127.0.0.1:{taken_port}")


def test_the_ready_line(server, site):
    version = run("--version").stdout.removeprefix("sluice ").strip()
    assert server.versions == [version]
    assert os.path.samefile(server.directories[0], site.root)
    assert server.port != 0
    assert server.output.decode().strip().endswith(f"on http://127.0.0.1:{server.port}")


def test_several_addresses(start, site, directory):
    listen = ["127.0.0.1:0", "127.0.0.1:0", f"unix:{directory}/socket"]
    if has_ipv6():
        listen.append("[::1]:0")
    server = start(site.root, listen=listen)
    assert len(set(server.addresses)) == len(listen)
    for address in server.addresses:
        with Connection(address) as connection:
            assert connection.ask("/hello.txt").body == b"hello\n"


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
def test_ipv6(start, site):
    server = start(site.root, listen=("[::1]:0",))
    assert f"http://[::1]:{server.port}" in server.output.decode()
    assert server.get("/data.bin").body == site.contents["/data.bin"]
    assert server.get("/directory").field("location").endswith("/directory/")


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
def test_any_ipv6_and_any_ipv4_do_not_collide(start, site):
    """[::] takes the IPv4 port too, unless it is told to keep to IPv6."""
    first = start(site.root, listen=("0.0.0.0:0",))
    second = start(site.root, listen=(f"[::]:{first.port}",))
    for address in (("127.0.0.1", first.port), ("::1", second.port)):
        with Connection(address) as connection:
            assert connection.ask("/hello.txt").body == b"hello\n"


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads(start, site, threads):
    server = start(site.root, "--threads", threads)
    connections = [server.connect() for _ in range(20)]
    for connection in connections:
        assert connection.ask("/data.bin").body == site.contents["/data.bin"]
        connection.close()


def test_without_a_directory_the_current_one_is_served(start, site):
    server = start(None, cwd=site.root)
    assert server.get("/hello.txt").body == b"hello\n"


def test_a_relative_directory(start, site):
    server = start("site/directory/..", cwd=site.root.parent)
    assert server.get("/hello.txt").body == b"hello\n"
    assert server.get("/secret.txt").status == 404


def test_a_directory_whose_name_begins_with_a_dash(start, directory):
    (directory / "-dash").mkdir()
    (directory / "-dash" / "hello.txt").write_bytes(b"hello\n")
    assert start("./-dash", cwd=directory).get("/hello.txt").body == b"hello\n"


def test_quiet_prints_nothing(start, site):
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    server = start(site.root, "--quiet", listen=(f"127.0.0.1:{address[1]}",), ready_lines=0)

    def answers():
        with contextlib.suppress(ConnectionRefusedError), Connection(address) as connection:
            return connection.ask("/hello.txt").body == b"hello\n"

    wait_until(answers, "an answer")
    server.stop()  # checks the output
    assert server.complaints() == ""


IN_OWN_NETWORK = """
import fcntl, os, socket, struct, sys
with socket.socket() as control:
    request = struct.pack("16sh", b"lo", 1)
    fcntl.ioctl(control, 0x8914, request)  # SIOCSIFFLAGS: up
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_the_default_address(start, site):
    """In a network namespace, where port 8080 is certainly free."""
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("may not make a network namespace, and 8080 may be in use outside")
    prefix = ("unshare", "-n", "/usr/bin/python3", "-c", IN_OWN_NETWORK)
    server = start(site.root, listen=(), prefix=prefix, ready_lines=1)
    assert server.address == ("127.0.0.1", 8080)


def test_nothing_is_written_when_nothing_is_wrong(start, site):
    server = start(site.root)
    for target in [*site.contents, "/missing", "/directory", "/%zz"]:
        server.get(target)
    server.stop()
    assert server.complaints() == ""


def test_output_that_nobody_reads_does_not_stop_the_server(start, site):
    server = start(site.root, "--threads", "1")
    server.process.stdout.close()
    assert server.get("/hello.txt").body == b"hello\n"
    server.signal(signal.SIGTERM)
    assert server.process.wait(20) == 0


def test_standard_streams_may_be_closed(start, site):
    """The first descriptors that the server opens then get the numbers 0 and 2."""
    closing = "import os, sys; os.close(0); os.close(2); os.execv(sys.argv[1], sys.argv[1:])"
    server = start(site.root, prefix=("/usr/bin/python3", "-c", closing))
    assert server.get("/data.bin").body == site.contents["/data.bin"]
    assert server.get("/hello.txt").body == b"hello\n"
