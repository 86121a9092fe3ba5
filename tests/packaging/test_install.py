"""What `meson install` leaves behind, and the programs that it lets others build."""

import re
import shutil

import pytest

from conftest import REPOSITORY, STRICT, run

CONSUMER = REPOSITORY / "tests" / "packaging" / "consumer"
HEADERS = sorted(path.name for path in (REPOSITORY / "include" / "sluice").glob("*.h"))


@pytest.fixture(scope="module")
def compiled(installation, tmp_path_factory):
    """The consumer before it is linked, by the flags of pkg-config."""
    compiled = tmp_path_factory.mktemp("consumer") / "main.o"
    run("g++", "-std=c++23", *STRICT, *installation.pkg_config("--cflags"), "-c",
        CONSUMER / "main.cc", "-o", compiled)
    return compiled


def needed(program):
    return re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", program))


def test_files(installation):
    installed = sorted(path.name for path in (installation.include / "sluice").iterdir())
    assert installed == HEADERS
    assert (installation.prefix / "bin" / "sluice").exists()
    assert re.search(r"SONAME.*\[libsluice\.so\.0\]", run("readelf", "-d", installation.shared))
    assert (installation.libraries / "libsluice.so.0").resolve().exists()
    version = (REPOSITORY / "meson.build").read_text().split("version: '")[1].split("'")[0]
    assert installation.pkg_config("--modversion") == [version]


def test_the_library_brings_nothing_of_the_program(installation):
    libraries = " ".join(needed(installation.shared))
    assert "uring" in libraries
    assert not re.search("mimalloc|fmt", libraries)
    assert not re.search("mimalloc|fmt", " ".join(installation.pkg_config("--static", "--libs")))
    assert "mi_malloc" not in run("nm", installation.static)


def test_pkg_config_shared(installation, compiled, tmp_path):
    program = tmp_path / "consumer"
    run("g++", compiled, "-o", program, *installation.pkg_config("--libs"))
    assert "libsluice.so.0" in needed(program)
    assert not any("uring" in name for name in needed(program))
    installation.check(program, tmp_path)


def test_pkg_config_static(installation, compiled, tmp_path):
    program = tmp_path / "consumer"
    run("g++", compiled, "-static", "-o", program, *installation.pkg_config("--static", "--libs"))
    assert not needed(program)
    installation.check(program, tmp_path)


def test_cmake(installation, tmp_path):
    build = tmp_path / "build"
    run("cmake", "-G", "Ninja", "-S", CONSUMER, "-B", build, "-DCMAKE_CXX_COMPILER=g++",
        f"-DCMAKE_PREFIX_PATH={installation.prefix}", f"-DCMAKE_CXX_FLAGS={' '.join(STRICT)}")
    run("cmake", "--build", build)
    for name, shared in {"sluice_consumer": True, "sluice_static_consumer": False}.items():
        assert ("libsluice.so.0" in needed(build / name)) == shared
        installation.check(build / name, tmp_path)


def test_cmake_refuses_another_version(installation, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.20)\nproject(versions CXX)\n"
        "foreach(version 0.1 0.1.0 0.0 0.2 0.1.99 1)\n"
        "  unset(sluice_DIR CACHE)\n  find_package(sluice ${version} CONFIG QUIET)\n"
        "  message(STATUS \"${version}:${sluice_FOUND}\")\nendforeach()\n")
    output = run("cmake", "-S", tmp_path, "-B", tmp_path / "build",
                 f"-DCMAKE_PREFIX_PATH={installation.prefix}")
    assert re.findall(r"-- (\S+):(\d)", output) == [
        ("0.1", "1"), ("0.1.0", "1"), ("0.0", "0"), ("0.2", "0"), ("0.1.99", "0"), ("1", "0")]


def test_meson_subproject(tmp_path):
    """Configured, and the consumer compiled; the whole library again would take a minute."""
    shutil.copytree(CONSUMER, tmp_path / "consumer")
    (tmp_path / "consumer" / "subprojects").mkdir()
    (tmp_path / "consumer" / "subprojects" / "sluice").symlink_to(REPOSITORY)
    build = tmp_path / "build"
    output = run("meson", "setup", build, tmp_path / "consumer")
    assert "WARNING" not in output, output
    rules = run("ninja", "-C", build, "-t", "targets", "all")
    assert "libsluice.so" in rules
    assert not re.search(r"subprojects/sluice/(sluice:|src/cli|tests|examples|bench)", rules)
    run("ninja", "-C", build, "consumer.p/main.cc.o")
