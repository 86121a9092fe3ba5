"""scripts/count_tests.py on made-up reports: no failure may go uncounted."""

import json

import pytest

CASES = {
    "passed": '<testcase classname="A" name="passes" status="run"/>',
    "failed": '<testcase classname="A" name="fails"><failure message="1"/></testcase>',
    "skipped": '<testcase classname="A" name="skips"><skipped message="1"/></testcase>',
    "disabled": '<testcase classname="A" name="rests" status="notrun"/>',
    "error": '<testcase classname="A" name="breaks"><error message="1"/></testcase>',
}


def report(*kinds):
    cases = "".join(CASES[kind] for kind in kinds)
    return f"<testsuites><testsuite>{cases}</testsuite></testsuites>"


@pytest.fixture
def program(write, tmp_path):
    """Adds a test program to Meson's records, with the report that it left, if any."""
    tests, log = [], []

    def add(name, result, report_text=None, protocol="gtest"):
        tests.append({"name": name, "cmd": [f"/tests/{name}"], "workdir": None,
                      "protocol": protocol})
        log.append(json.dumps({"name": f"sluice:base / {name}", "command": [f"/tests/{name}"],
                               "result": result, "returncode": 0 if result == "OK" else -6}))
        write("meson-info/intro-tests.json", json.dumps(tests))
        write("meson-logs/testlog.json", "\n".join(log) + "\n")
        if report_text:
            write(f"{name}.xml", report_text)

    return add


@pytest.fixture
def count(run, tmp_path):
    """The exit status, the last line and the numbers in test-totals."""

    def run_count(*broken):
        status, lines = run("count_tests.py", tmp_path, *broken)
        return status, lines[-1], (tmp_path / "test-totals").read_text()

    return run_count


def test_adds_up_cases_of_programs_and_suites(program, write, count):
    program("one", "OK", report("passed", "passed", "skipped"))
    program("two", "OK", report("passed", "disabled"))
    program("script", "OK", protocol="exitcode")
    write("pytest-e2e.xml", report("passed", "passed"))
    assert count() == (0, "6 passed, 0 failed, 2 skipped", "6 0 2\n")


def test_counts_failed_cases(program, write, count):
    program("one", "FAIL", report("passed", "failed", "failed"))
    write("pytest-e2e.xml", report("error", "passed"))
    assert count("programs", "e2e") == (1, "2 passed, 3 failed", "2 3 0\n")


def test_counts_a_program_that_crashed(program, count):
    program("one", "OK", report("passed"))
    program("two", "FAIL")
    assert count("programs") == (1, "1 passed, 1 failed", "1 1 0\n")


def test_counts_a_program_that_failed_after_its_cases(program, count):
    program("one", "FAIL", report("passed", "passed"))
    assert count("programs") == (1, "2 passed, 1 failed", "2 1 0\n")


def test_counts_a_program_that_took_too_long(program, count):
    program("one", "TIMEOUT")
    assert count("programs") == (1, "0 passed, 1 failed", "0 1 0\n")


def test_counts_a_program_that_ended_well_without_a_report(program, count):
    program("one", "OK")
    assert count() == (1, "0 passed, 1 failed", "0 1 0\n")


def test_counts_a_suite_that_left_nothing(program, count):
    program("one", "OK", report("passed"))
    assert count("e2e") == (1, "1 passed, 1 failed", "1 1 0\n")


def test_counts_a_suite_whose_report_was_cut_short(program, write, count):
    program("one", "OK", report("passed"))
    write("pytest-e2e.xml", report("passed")[:-30])
    assert count("e2e") == (1, "1 passed, 1 failed", "1 1 0\n")


def test_fails_when_no_test_ran(count):
    assert count() == (1, "0 passed, 0 failed", "0 0 0\n")
