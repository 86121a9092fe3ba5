"""Requests that other projects test servers with (tests/conformance, docs/CONFORMANCE.md)."""

import pytest

from support.conformance import build_site, is_short, load_suites, run_cases

SUITES = load_suites()
CASES = [case for suite in SUITES for case in suite.cases]
RUN = [case for case in CASES if not case.not_applicable]
SHORT = [case for case in RUN if is_short(case)]


def name_of(case):
    return f"{case.suite}:{case.id}"


@pytest.fixture(scope="module")
def conformance_server(new_directory, start_shared):
    return start_shared(build_site(new_directory()))


@pytest.fixture(scope="module")
def results(conformance_server):
    """All at once: what waits for silence waits beside the others."""
    return {result.case.id: result for result in run_cases(RUN, conformance_server.address)}


@pytest.fixture(scope="module")
def bytewise_results(conformance_server):
    found = run_cases(SHORT, conformance_server.address, bytewise=True)
    return {result.case.id: result for result in found}


@pytest.mark.parametrize("case", RUN, ids=name_of)
def test_the_answer_is_the_expected_one(results, case):
    result = results[case.id]
    assert not result.problem, f"{result.problem}; got {result.outcome}. {case.about}"
    if result.source_verdict in ("warns", "rejects"):
        assert case.why, f"{case.suite} {result.source_verdict}: {result.outcome}; say why"


@pytest.mark.parametrize("case", SHORT, ids=name_of)
def test_the_answer_does_not_depend_on_how_the_bytes_arrive(results, bytewise_results, case):
    """But malformed content may come after the answer: then that is the last one."""
    whole, bytewise = results[case.id].outcome, bytewise_results[case.id].outcome
    if whole.closed and list(whole.statuses) == [400]:
        assert bytewise.closed and not bytewise.fault and len(bytewise.statuses) == 1, case.about
        assert not bytewise_results[case.id].problem, case.about
        return
    assert (bytewise.statuses, bytewise.closed, bytewise.fault) \
        == (whole.statuses, whole.closed, whole.fault), case.about


def test_every_case_is_there_once():
    ids = [case.id for case in CASES]
    assert len(ids) == len(set(ids)) and len(ids) > 600


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: f"{suite.name}:{suite.topic}")
def test_a_suite_is_well_formed(suite):
    assert suite.source
    for case in suite.cases:
        assert case.about.endswith("."), case.id
        if case.not_applicable:
            assert not case.send and not case.expect, case.id
            continue
        assert case.expect, case.id
        assert case.incomplete or case.send, case.id
        assert case.file or not case.ranges, case.id
        assert case.own or case.accepts or case.warns, case.id
