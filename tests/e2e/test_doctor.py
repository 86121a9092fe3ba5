"""`sluice doctor`: what the system allows."""

import os
import platform
import re
import resource
import subprocess

import pytest

from support.privileges import unprivileged_prefix
from support.server import BINARY, environment, run

LINE = re.compile(r"(ok|note|missing) +(\S.*?)(?:  +|$)(\S.*)?")
FEATURES = ("io_uring", "multishot accept", "provided buffers", "multishot recv", "send",
            "splice file to pipe", "splice pipe to socket", "openat2", "poll", "cancel",
            "timed wait", "worker limit")
LIMITS = ("kernel", "processors", "open files", "io_uring_disabled", "seccomp", "container",
          "pipes", "tcp_congestion_control")


def parse(output):
    """The findings as name → (mark, detail), and the verdict."""
    *lines, verdict = output.splitlines()
    findings = {}
    for line in lines:
        match = LINE.fullmatch(line)
        assert match, f"not a finding: {line!r}"
        assert match[2] not in findings, f"{match[2]} is there twice"
        assert match[3], f"says nothing about {match[2]}"
        findings[match[2]] = (match[1], match[3])
    return findings, verdict


@pytest.fixture(scope="module")
def report():
    result = run("doctor")
    assert (result.returncode, result.stderr) == (0, ""), result
    return parse(result.stdout)


def test_it_can_serve_where_the_other_tests_are_served(report):
    findings, verdict = report
    assert verdict == "sluice can serve here"
    assert "missing" not in {mark for mark, _ in findings.values()}


@pytest.mark.parametrize("name", FEATURES + LIMITS)
def test_every_feature_and_limit_is_named(report, name):
    assert name in report[0]


@pytest.mark.parametrize("name", FEATURES)
def test_required_features_are_there(report, name):
    assert report[0][name][0] == "ok"


def test_findings_are_aligned():
    lines = run("doctor").stdout.splitlines()[:-1]
    columns = {line.index(LINE.fullmatch(line)[3], 8 + len(LINE.fullmatch(line)[2]))
               for line in lines}
    assert len(columns) == 1, lines


def test_it_names_the_kernel_and_the_processors(report):
    findings, _ = report
    assert findings["kernel"][1].startswith(platform.release())
    assert findings["processors"][1].split()[0] == str(len(os.sched_getaffinity(0)))


def test_it_says_what_follows_from_few_open_files():
    result = run("doctor", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                                 (256, 256)))
    assert result.returncode == 0, "a server for few connections is a server"
    mark, detail = parse(result.stdout)[0]["open files"]
    assert mark == "note"
    assert "256" in detail and "clients wait" in detail and "LimitNOFILE=" in detail


def test_it_needs_no_privilege():
    result = subprocess.run([*unprivileged_prefix(), BINARY, "doctor"], capture_output=True,
                            text=True, timeout=30, env=environment(), check=False)
    assert (result.returncode, result.stderr) == (0, ""), result
    assert parse(result.stdout)[1] == "sluice can serve here"


def test_it_serves_nothing_and_ends_at_once():
    assert run("doctor", cwd="/").returncode == 0
