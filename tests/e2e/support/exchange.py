"""Exchanges two names as fast as the kernel can (renameat2(2)): exchange.py PATH PATH COUNT

A program of its own, so that it has a processor for itself while the tests read.
"""

import ctypes
import os
import subprocess
import sys

AT_FDCWD = -100
RENAME_EXCHANGE = 2


def exchange(path, other, count):
    """Both must exist, and may be of any kind. Returns when it has been done `count` times."""
    subprocess.run([sys.executable, "-ISB", __file__, path, other, str(count)], check=True)


def main(path, other, count):
    renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    first, second = os.fsencode(path), os.fsencode(other)
    for _ in range(int(count)):
        if renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE) != 0:
            raise OSError(ctypes.get_errno(), "renameat2")


if __name__ == "__main__":
    main(*sys.argv[1:])
