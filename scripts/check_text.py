#!/usr/bin/python3
"""Checks the form of source files that no other tool looks at.

usage: check_text.py FILE...

Prints file:line and what is wrong, and exits with 1, for a file of more than 600 lines, a line of
more than 100 columns, a tab or blanks at the end of a line, a last line without its end, and notes
to oneself: what remains to be done is an issue, not a comment.
"""

import re
import sys

MOST_LINES = 600
MOST_COLUMNS = 100
NOTE = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X])\b")


def problems_of(text):
    """Yields (line, what is wrong)."""
    lines = text.split("\n")
    if lines.pop() != "":
        yield len(lines) + 1, "the last line has no end"
    if len(lines) > MOST_LINES:
        yield MOST_LINES + 1, f"the file has {len(lines)} lines; {MOST_LINES} at most"
    for number, line in enumerate(lines, 1):
        if len(line) > MOST_COLUMNS:
            yield number, f"the line has {len(line)} columns; {MOST_COLUMNS} at most"
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if "\t" in line:
            yield number, "a tab"
        if note := NOTE.search(line):
            yield number, f"{note[0]}: make it an issue"


def main(paths):
    wrong = False
    for path in paths:
        with open(path, encoding="utf-8", newline="") as file:
            for line, problem in problems_of(file.read()):
                print(f"{path}:{line}: {problem}")
                wrong = True
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
