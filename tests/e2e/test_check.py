"""Configuration files: what is said about them, and that they are served."""

import os
import re

import pytest

from support.client import Connection
from support.server import REPOSITORY, run

SITE = '[[site]]\nroot = "www"\n'


@pytest.fixture
def write(directory):
    """Writes a configuration beside the directory www, and returns its path."""
    www = directory / "www"
    www.mkdir()
    (www / "index.html").write_bytes(b"home\n")
    (www / "other.txt").write_bytes(b"other\n")

    def write_text(text):
        path = directory / "sluice.toml"
        path.write_text(text)
        return path

    return write_text


def check_lines(result, *lines):
    """These lines on standard error, nothing on standard output."""
    assert (result.returncode, result.stdout) == (2, ""), result
    assert result.stderr.splitlines() == list(lines)


def test_a_file_without_mistakes(write):
    path = write(SITE)
    result = run("check", path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{path}: ok (1 site, 1 listener)\n"


def test_a_larger_file_without_mistakes(write):
    path = write('[server]\nlisten = ["127.0.0.1:0", "[::1]:0", "unix:/nowhere"]\n'
                 f'{SITE}{SITE}hosts = ["example.org"]\n')
    assert run("check", path).stdout == f"{path}: ok (2 sites, 3 listeners)\n"


def test_the_example():
    result = run("check", REPOSITORY / "examples" / "sluice.toml")
    assert (result.returncode, result.stderr) == (0, "")


def test_the_name_is_said_as_it_was_given(write, directory):
    write("sites = 1\n" + SITE)
    result = run("check", "sluice.toml", cwd=directory)
    check_lines(result, "sluice.toml:1:1: unknown key 'sites'; did you mean 'site'?")


MISTAKES = f"""\
[server]
threads = "all"
limits.head_bytes = 1
{SITE}
listing = "yes"
idnex = ["index.html"]
[[site]]
root = "missing"
hosts = ["example.org"]
"""


@pytest.mark.parametrize("command", [("check",), ("serve", "--config")], ids=str)
def test_all_mistakes_at_once(write, directory, command):
    path = write(MISTAKES)
    result = run(*command, path)
    assert (result.returncode, result.stdout) == (2, "")
    begins = ["2:11: 'threads' must be a whole number", "3:21: head_bytes: 1 is not allowed",
              "7:11: 'listing' must be true or false, not the string \"yes\"",
              "8:1: unknown key 'idnex'; did you mean 'index'?",
              f"10:8: root: '{directory}/missing': No such file or directory"]
    lines = result.stderr.splitlines()
    assert len(lines) == len(begins), lines
    for line, begin in zip(lines, begins):
        assert line.startswith(f"{path}:{begin}"), line


@pytest.mark.parametrize("command", [("check",), ("serve", "--config")], ids=str)
def test_a_file_that_is_no_toml(write, command):
    path = write(SITE + "listing = \n")
    result = run(*command, path)
    assert result.returncode == 2
    assert re.fullmatch(re.escape(f"{path}:3:11: ") + "this is no TOML: .*\n", result.stderr)


@pytest.mark.parametrize("command, name", [(("check",), "FILE"),
                                           (("serve", "--config"), "--config")], ids=str)
def test_a_file_that_cannot_be_read(directory, command, name):
    path = directory / "missing.toml"
    check_lines(run(*command, path), f"sluice: {name} '{path}': No such file or directory")
    check_lines(run(*command, directory), f"sluice: {name} '{directory}': Is a directory")
    check_lines(run(*command, ""), f"sluice: {name} '': No such file or directory")


@pytest.mark.parametrize("arguments, word", [
    (["check"], "FILE"), (["check", "a", "b"], "b"), (["check", "--bad", "a"], "--bad"),
    (["serve", "--config"], "--config"),
], ids=str)
def test_wrong_arguments(arguments, word):
    result = run(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert word in result.stderr


@pytest.mark.parametrize("flags", [["www"], ["--index", "a"], ["--listing"], ["--spa"], ["--cors"],
                                   ["--clean-urls"], ["--cache-control", "no-cache"]], ids=str)
def test_flags_that_a_file_excludes(write, directory, flags):
    path = write(SITE)
    result = run("serve", "--config", path, *flags, cwd=directory)
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert "--config" in result.stderr
    assert (flags[0] if flags[0].startswith("-") else "DIR") in result.stderr


def test_transfers_and_uploads_that_cannot_be(write):
    path = write(SITE + 'transfer = "copy-file-range"\nuploads = true\n'
                 'upload = { limit_bytes = 0, resume_ms = 31536000001, sync = "all" }\n'
                 '[[site.mount]]\npath = "/m"\nroot = "/proc/sys/fs"\nuploads = true\n')
    result = run("check", path)
    check_lines(
        result,
        f"{path}:3:12: 'transfer' must be \"auto\", \"copy\", \"sendfile\", \"splice\", "
        "\"ring-splice\", \"mapped\" or \"zero-copy-send\", not the string \"copy-file-range\"",
        f"{path}:5:26: limit_bytes: 0 is not allowed; 1 and more is",
        f"{path}:5:41: resume_ms: 31536000001 is too long; at most 31536000000, a year, is allowed",
        f"{path}:5:61: 'sync' must be \"none\", \"file\" or \"directory\", not the string \"all\"",
        result.stderr.splitlines()[-1])
    assert result.stderr.splitlines()[-1].startswith(f"{path}:9:11: uploads: '/proc/sys/fs': ")


def test_a_file_is_served(start, write, directory):
    path = write('[server]\nlisten = ["127.0.0.1:0"]\nthreads = 1\n' + SITE
                 + 'index = ["other.txt"]\n')
    server = start(None, "--config", path, listen=(), ready_lines=1)
    assert os.path.samefile(server.directories[0], directory / "www")
    assert server.get("/").body == b"other\n"
    assert server.get("/index.html").body == b"home\n"


def test_several_sites_are_counted_in_the_ready_line(start, write):
    path = write('[server]\nlisten = ["127.0.0.1:0"]\n' + SITE + SITE + 'hosts = ["example.org"]\n')
    server = start(None, "--config", path, listen=(), ready_lines=1)
    assert server.directories == ["2 sites"]


def test_flags_go_before_the_file(start, write, directory):
    path = write(f'[server]\nlisten = ["unix:{directory}/file"]\nthreads = 2\n' + SITE)
    flag = f"unix:{directory}/flag"
    server = start(None, "--config", path, "--threads", "1", "--drain-timeout", "1", listen=[flag])
    assert server.addresses == [f"{directory}/flag"]
    assert not (directory / "file").exists()
    with Connection(server.address) as connection:
        assert connection.ask("/other.txt").body == b"other\n"


def test_an_address_of_the_file_that_cannot_be_had(write):
    path = write('[server]\nlisten = ["203.0.113.1:0"]\n' + SITE)
    result = run("serve", "--config", path)
    assert (result.returncode, result.stdout) == (1, "")
    assert re.fullmatch(re.escape(f"{path}:2:") + r"\d+: listen: .*203\.0\.113\.1.*\n",
                        result.stderr)


def test_an_address_of_a_flag_that_cannot_be_had(write):
    path = write('[server]\nlisten = ["127.0.0.1:0"]\n' + SITE)
    result = run("serve", "--config", path, "--listen", "203.0.113.1:0")
    assert result.returncode == 1
    assert result.stderr.startswith("sluice: --listen ")
    result = run("serve", "--config", path, "--listen", "nonsense")
    assert result.returncode == 2
    assert result.stderr.startswith("sluice: --listen ")


def test_a_file_may_come_through_a_pipe(write, directory):
    write("")
    text = f'[[site]]\nroot = "{directory}/www"\n'
    read_end, write_end = os.pipe()
    os.write(write_end, text.encode())
    os.close(write_end)
    try:
        result = run("check", f"/dev/fd/{read_end}", pass_fds=[read_end])
    finally:
        os.close(read_end)
    assert (result.returncode, result.stderr) == (0, "")
