#!/usr/bin/python3
"""Adds up the test cases that scripts/test ran.

usage: count_tests.py DIRECTORY [BROKEN SUITE]...

Reads the reports that Meson and pytest left in the build DIRECTORY, names the cases that failed,
writes the totals to DIRECTORY/test-totals and prints them. A program that failed although none of
its cases did (it crashed, or took too long) counts as one failed case; so does each suite named
BROKEN, which ended badly, in whose reports no case failed.
"""

import json
import sys
import xml.etree.ElementTree as xml
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Totals:
    passed: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)

    def __iadd__(self, other):
        self.passed += other.passed
        self.skipped += other.skipped
        self.failed += other.failed
        return self

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {len(self.failed)} failed{skipped}"


def read_report(path):
    """The cases of one report of GoogleTest or pytest; none where it is missing or cut short."""
    totals = Totals()
    try:
        cases = xml.parse(path).getroot().iter("testcase")
    except (OSError, xml.ParseError):
        return totals
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            totals.failed.append(f"{case.get('classname')}.{case.get('name')}")
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            totals.skipped += 1
        else:
            totals.passed += 1
    return totals


def read_program(run, report):
    """The cases of a test program: those of its report, or itself where it writes none."""
    totals = read_report(report) if report else Totals()
    if run["result"] == "SKIP":
        totals.skipped += report is None
    elif run["result"] not in ("OK", "EXPECTEDFAIL"):
        if not totals.failed:
            ending = f"{run['result']}, exit status {run['returncode']}"
            totals.failed.append(f"{run['name']} ({ending})")
    elif report is None:
        totals.passed += 1
    elif not report.exists():
        totals.failed.append(f"{run['name']} (it left no {report.name})")
    return totals


def read_programs(directory):
    """The cases of all programs in Meson's log; its list of tests says which are GoogleTest's."""
    totals = Totals()
    log = directory / "meson-logs" / "testlog.json"
    if not log.exists():
        return totals
    tests = json.loads((directory / "meson-info" / "intro-tests.json").read_text())
    for run in map(json.loads, log.read_text().splitlines()):
        report = None
        for test in tests:
            same = test["cmd"] == run["command"] and run["name"].endswith(test["name"])
            if same and test["protocol"] == "gtest":
                report = directory / (test["workdir"] or "") / f"{test['name']}.xml"
        totals += read_program(run, report)
    return totals


def main(directory, broken):
    suites = {"programs": read_programs(directory)}
    for report in sorted(directory.glob("pytest-*.xml")):
        suites[report.stem.removeprefix("pytest-")] = read_report(report)
    for name in broken:
        suite = suites.setdefault(name, Totals())
        if not suite.failed:
            suite.failed.append(f"the suite '{name}' as a whole")

    totals = Totals()
    for suite in suites.values():
        totals += suite
    for name in totals.failed:
        print(f"failed: {name}")
    if not totals.passed and not totals.failed:
        print("no test ran")
    (directory / "test-totals").write_text(
        f"{totals.passed} {len(totals.failed)} {totals.skipped}\n")
    print(totals)
    return 0 if totals.passed and not totals.failed else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
