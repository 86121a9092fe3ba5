"""What the library shows to programs: what its headers declare, and nothing else."""

import re

import pytest

from conftest import REPOSITORY, run

HEADERS = sorted(path for path in (REPOSITORY / "include" / "sluice").glob("*.h")
                 if path.name != "export.h")


def without_comments(path):
    return re.sub(r"//.*", "", path.read_text())


@pytest.fixture(scope="module")
def declared():
    """The names of the functions that headers say are in the library."""
    text = "\n".join(map(without_comments, HEADERS))
    return set(re.findall(r"SLUICE_API [^;{]*?(~?\w+)\(", text))


@pytest.fixture(scope="module")
def classes():
    """Class → what is private in it."""
    text = "\n".join(map(without_comments, HEADERS))
    found = {}
    for name, body in re.findall(r"^class (?:SLUICE_API )?(\w+)[^;{]*\{(.*?)^\};", text,
                                 re.MULTILINE | re.DOTALL):
        private = body.partition("\n private:")[2]
        found[name] = set(re.findall(r"(~?\w+)\(", private))
    return found


def functions(*command):
    """(scope, name) of the functions of namespace sluice that are defined."""
    found = set()
    for line in run("nm", "-C", "--defined-only", *command).splitlines():
        symbol = re.fullmatch(r"[0-9a-f]+ T sluice::(?:([^(]*)::)?(~?\w+)(?:\[.*?\])?\(.*", line)
        if symbol:
            found.add((symbol[1] or "", symbol[2]))
    return found


def test_the_shared_library_shows_what_is_declared(installation, declared):
    shown = {name for _, name in functions("-D", installation.shared)}
    assert shown == declared


def test_the_shared_library_shows_nothing_else(installation, classes):
    scopes = {"", "task_detail", "run_detail", *classes}
    assert {scope for scope, _ in functions("-D", installation.shared)} <= scopes
    others = []
    for line in run("nm", "-D", "--defined-only", installation.shared).splitlines():
        kind, symbol = line.split()[1:3]
        # Templates of the standard library are weak, and are whoever's they are.
        standard = re.match(r"_Z(N|NK|T[ISV]|T[ISV]N|ZN|ZNK|GV)?(St|S[absiod]|9__gnu_cxx)", symbol)
        thrown = re.fullmatch(r"_ZT[ISV]N6sluice10StartErrorE", symbol)
        if not (kind == "T" and "6sluice" in symbol or kind in "VWu" and (standard or thrown)):
            others.append(line)
    assert not others


def test_no_public_function_is_left_out(installation, classes, declared):
    """The archive has everything; what belongs to a public class must be declared as such."""
    inside = functions(installation.static) - functions("-D", installation.shared)
    left_out = {(scope, name) for scope, name in inside
                if scope in classes and name not in classes[scope]}
    assert not left_out


def test_the_archive_stays_in_its_namespace(installation):
    """Its hidden symbols can be seen by the linker, so they must not meet those of a program."""
    others = [line for line in run("nm", "--defined-only", installation.static).splitlines()
              if re.match(r"[0-9a-f]+ [TDBRG] ", line) and "6sluice" not in line]
    assert not others
