"""The library as it is installed, and programs that use it."""

import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = (REPOSITORY / os.environ.get("SLUICE_BINARY", "build/debug/sluice")).parent
SANITIZED = os.environ.get("SLUICE_BUILD_KIND", "debug") in ("asan", "tsan")
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]
SECONDS = 60


def pytest_collection_modifyitems(items):
    """Programs would have to be built with the sanitizer that the library was built with."""
    if SANITIZED:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="such a library is not for others"))


def run(*command, **options):
    """The standard output of a command that must not fail."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                            stdin=subprocess.DEVNULL, timeout=SECONDS, **options)
    assert result.returncode == 0, f"{command}:\n{result.stdout}{result.stderr}"
    return result.stdout


class Installation:
    """What was installed below `prefix`, which is not the prefix that it was configured with."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.include = prefix / "include"
        (package,) = prefix.rglob("sluice.pc")
        self.libraries = package.parents[1]
        self.shared = self.libraries / "libsluice.so"
        self.static = self.libraries / "libsluice.a"
        self.environment = os.environ | {"PKG_CONFIG_PATH": str(package.parent),
                                         "LD_LIBRARY_PATH": str(self.libraries)}

    def pkg_config(self, *arguments):
        return run("pkg-config", *arguments, "sluice", env=self.environment).split()

    def check(self, program, directory):
        """The program answers by its handler and from files, and tells of its own mistakes."""
        (directory / "file.txt").write_text("from a file\n")
        with subprocess.Popen([program, directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, env=self.environment) as process:
            try:
                address = process.stdout.readline().strip()
                assert ask(f"{address}/greet/you") == "hello you\n"
                assert ask(f"{address}/file.txt") == "from a file\n"
                process.stdin.close()
                assert process.wait(SECONDS) == 0
            finally:
                process.kill()
        result = subprocess.run([program, directory / "missing"], capture_output=True, text=True,
                                timeout=SECONDS, env=self.environment)
        assert (result.returncode, result.stdout) == (3, "")
        assert result.stderr.startswith("sites[0].root: "), result.stderr


def ask(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=SECONDS) as response:
        return response.read().decode()


@pytest.fixture(scope="session")
def installation(tmp_path_factory):
    """What is in the build directory, installed and then moved."""
    base = tmp_path_factory.mktemp("install")
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", base / "staged")
    (package,) = (base / "staged").rglob("sluice.pc")
    prefix = next(place for place in package.parents if (place / "include").is_dir())
    return Installation(Path(shutil.move(prefix, base / "moved")))
