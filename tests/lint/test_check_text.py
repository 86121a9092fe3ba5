"""scripts/check_text.py: what it lets pass, and what it must find."""

import pytest


def test_lets_pass(write, run):
    file = write("fine.cc", "// As long as it may be.\n" + "x" * 100 + "\n" + "\n" * 598)
    assert run("check_text.py", file) == (0, [])


@pytest.mark.parametrize(("text", "line", "problem"), [
    ("\n" * 601, 601, "601 lines"),
    ("fine\n" + "x" * 101 + "\n", 2, "101 columns"),
    ("blank \n", 1, "blanks"),
    ("return\r\n", 1, "blanks"),
    ("\ta\n", 1, "tab"),
    ("fine\nno end", 2, "no end"),
    ("// TO" "DO: later\n", 1, "issue"),
    ("// FIX" "ME\n", 1, "issue"),
    ("// XX" "X why?\n", 1, "issue"),
])
def test_finds(write, run, text, line, problem):
    file = write("wrong.cc", text)
    status, lines = run("check_text.py", file)
    assert status == 1
    assert len(lines) == 1
    assert lines[0].startswith(f"{file}:{line}: ")
    assert problem in lines[0]
