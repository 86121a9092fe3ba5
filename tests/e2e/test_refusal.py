"""Where the kernel does not let sluice use io_uring, wholly or in part.

A seccomp filter really refuses, as the profile of a container or of a systemd unit does.
"""

import ctypes
import errno
import platform
import struct

import pytest

from support.server import run

CALLS = {"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427}
ERRORS = {"EPERM": errno.EPERM, "ENOSYS": errno.ENOSYS}
VERDICT = "sluice cannot serve here: "

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
PR_SET_NO_NEW_PRIVS = 38
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL_WITH = 0x7FFF0000, 0x00050000

pytestmark = pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"),
                                reason="the filter does not know this machine's system calls")


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def refusing(call, error):
    """A function to call in the child, before it executes sluice."""
    instructions = b"".join(struct.pack("=HBBI", *instruction) for instruction in (
        (LOAD_WORD, 0, 0, 0),  # the number of the system call
        (JUMP_IF_EQUAL, 0, 1, CALLS[call]),
        (RETURN, 0, 0, FAIL_WITH | ERRORS[error]),
        (RETURN, 0, 0, ALLOW),
    ))
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def apply():
        program = Program(len(instructions) // 8, instructions)
        if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or \
                prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")

    return apply


def check_paragraph(text, call, error):
    """What refused, how to tell, what to change: on one line, since the terminal wraps it."""
    assert text.count("\n") == 1 and text.endswith(".\n"), text
    assert len(text) < 1500, text
    for word in ("io_uring", call, error, "seccomp", "How to tell: ", "Seccomp: 2",
                 "What to change: ", "--security-opt", "SystemCallFilter="):
        assert word in text, f"no {word} in {text}"


def check_refusal(result, call, error):
    assert result.returncode == 1, result
    assert result.stdout == ""
    assert result.stderr.startswith("sluice: ")
    check_paragraph(result.stderr, call, error)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("call", CALLS)
def test_serve_says_so_in_one_paragraph(site, call, error):
    result = run("serve", site.root, "--listen", "127.0.0.1:0", preexec_fn=refusing(call, error))
    check_refusal(result, call, error)


@pytest.mark.parametrize("call", CALLS)
def test_it_makes_no_difference_how_many_threads_there_are(site, call):
    result = run("serve", site.root, "--listen", "127.0.0.1:0", "--threads", 4,
                 preexec_fn=refusing(call, "EPERM"))
    check_refusal(result, call, "EPERM")


@pytest.mark.parametrize("call", CALLS)
def test_serve_takes_its_socket_away_again(site, directory, call):
    run("serve", site.root, "--listen", f"unix:{directory}/socket",
        preexec_fn=refusing(call, "EPERM"))
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("call", CALLS)
def test_doctor_says_so_too(call, error):
    result = run("doctor", preexec_fn=refusing(call, error))
    assert (result.returncode, result.stderr) == (1, ""), result
    lines = result.stdout.splitlines(keepends=True)
    assert lines[0].startswith("missing io_uring ")
    assert lines[-1].startswith(VERDICT)
    check_paragraph(lines[-1], call, error)
    assert any(line.startswith("ok      seccomp") and "active" in line for line in lines), \
        "the limits are told all the same"


def test_usage_is_judged_before_io_uring(site):
    result = run("serve", site.root / "missing", preexec_fn=refusing("io_uring_setup", "EPERM"))
    assert result.returncode == 2
    assert "io_uring" not in result.stderr


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["doctor", "--help"]])
def test_what_needs_no_io_uring_works_without(arguments):
    assert run(*arguments, preexec_fn=refusing("io_uring_setup", "ENOSYS")).returncode == 0
