#!/usr/bin/python3
"""Runs clang-tidy on the sources of a build directory, on all processors.

usage: run_clang_tidy.py BUILD_DIRECTORY

Looks at every file of src/ in the compile database; headers are looked at where they are included
(.clang-tidy says which). A file that was clean is not looked at again until it, a header of this
project that it includes, its compile command, .clang-tidy or clang-tidy changes: the build
directory keeps a note under clang-tidy/.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLANG_TIDY = "clang-tidy-19"
# The database is GCC's: clang does not know all of its warnings, and which to heed is not its say.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-error"]
INCLUDE = re.compile(rb'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)


@cache
def headers_of(path):
    """The headers of this project that a file includes itself."""
    headers = set()
    for name in INCLUDE.findall(path.read_bytes()):
        for folder in (ROOT / "src", ROOT / "include"):
            if (header := folder / name.decode()).is_file():
                headers.add(header)
    return headers


def closure_of(path):
    found, waiting = set(), [path]
    while waiting:
        if (file := waiting.pop()) not in found:
            found.add(file)
            waiting += headers_of(file)
    return sorted(found)


def fingerprint(path, command, common):
    digest = hashlib.sha256(common)
    for part in [command.encode(), *(file.read_bytes() for file in closure_of(path))]:
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()


def tidy(path, build_directory, note):
    """What clang-tidy has to say about a file, "" when it is clean."""
    command = [CLANG_TIDY, "--quiet", "-p", build_directory, *EXTRA, path]
    run = subprocess.run(command, cwd=ROOT, text=True, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode == 0:
        note.touch()
        return ""
    report = run.stdout or run.stderr or f"{shlex.join(map(str, command))} failed\n"
    return report.replace(os.path.relpath(ROOT, build_directory) + "/", "")


def main(build_directory):
    version = subprocess.run([CLANG_TIDY, "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes() + "".join(EXTRA).encode()
    notes = build_directory / "clang-tidy"
    notes.mkdir(exist_ok=True)

    waiting, current = {}, set()
    for entry in json.loads((build_directory / "compile_commands.json").read_text()):
        path = Path(entry["directory"], entry["file"]).resolve()
        if path.is_relative_to(ROOT / "src"):
            note = notes / fingerprint(path, entry["command"], common)
            current.add(note)
            if not note.exists():
                waiting[path] = note
    for note in set(notes.iterdir()) - current:
        note.unlink()

    reports = set()  # a header's problem is found in each file that includes it
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        runs = [pool.submit(tidy, path, build_directory, note) for path, note in waiting.items()]
        for run in concurrent.futures.as_completed(runs):
            if (report := run.result()) and report not in reports:
                reports.add(report)
                print(report, end="", flush=True)
    return 1 if reports else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
