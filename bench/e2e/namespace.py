"""A network namespace of the benchmark's own; it vanishes with its last process."""

import contextlib
import ctypes
import os
import socket
import subprocess

from errors import BenchError

CLONE_NEWNET = 0x40000000
CONGESTION_CONTROL = "cubic"


def enter():
    """Moves this process, and so its children to come, to a namespace with a loopback only.

    TCP there uses cubic: BBR paces loopback, and its timers would hide what a server costs. The
    loopback's routes say so, because net.ipv4.tcp_congestion_control takes only what the host's
    tcp_allowed_congestion_control lists, and the host's settings are not ours to change.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise BenchError(f"cannot make a network namespace: {reason}; root is needed")
    run("ip", "link", "set", "lo", "up")
    for addresses in ("127.0.0.0/8", "127.0.0.1"):
        run("ip", "route", "replace", "local", addresses, "dev", "lo", "table", "local",
            "proto", "kernel", "scope", "host", "src", "127.0.0.1", "congctl", CONGESTION_CONTROL)
    used = congestion_control_of_a_connection()
    if used != CONGESTION_CONTROL:
        raise BenchError(f"TCP uses {used}, not {CONGESTION_CONTROL}; is the module there?")


def run(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(argv)}: {done.stdout.strip()}")


def congestion_control_of_a_connection():
    """What the server's end of a loopback connection uses."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        stack.enter_context(socket.create_connection(listener.getsockname()))
        accepted = stack.enter_context(listener.accept()[0])
        name = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)
        return name.rstrip(b"\0").decode()
