#!/usr/bin/env python3
"""Writes the download of the example site: 20 MiB that look random and are always the same.

usage: make_download.py OUTPUT
"""

import hashlib
import sys

SIZE_BYTES = 20 * 1024 * 1024

with open(sys.argv[1], "wb") as output:
    output.write(hashlib.shake_256(b"the download of the sluice example site").digest(SIZE_BYTES))
