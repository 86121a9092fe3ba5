"""What the measurements of one thing share: their command line, their place, and their end."""

import argparse
import pathlib
import signal
import sys
import tempfile

import namespace
from errors import BenchError


def parser(name):
    """For the options of `scripts/NAME`, which says itself what they are."""
    return argparse.ArgumentParser(
        prog=f"scripts/{name}", add_help=False, allow_abbrev=False,
        usage=f"scripts/{name} [options]; scripts/{name} --help lists them")


def run(name, measure):
    """Calls `measure(directory)` in a network namespace, and returns the exit status.

    The directory is empty, on a disk, and readable for servers that give up root.
    """
    # As an exception, so that servers are ended and file systems unmounted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        namespace.enter()
        with tempfile.TemporaryDirectory(prefix="sluice-bench-", dir="/var/tmp") as scratch:
            directory = pathlib.Path(scratch)
            directory.chmod(0o755)
            measure(directory)
    except BenchError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    return 0


def publish(output, text):
    """Writes the report to the file `output` and to the terminal."""
    output.write_text(text)
    print(text)
