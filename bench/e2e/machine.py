"""What the figures were measured on. No host names and no paths."""

import os
import pathlib
import platform
import re

import peers


def describe(server_names):
    versions = [peers.load(name).version() for name in server_names]
    versions.append(peers.version_from("wrk", "wrk", "-v"))
    return {
        "cores": os.cpu_count(),
        "cpu": cpu_model(),
        "kernel": "Linux " + re.match(r"[\d.]*\d", platform.release()).group(),
        "versions": list(dict.fromkeys(versions)),
    }


def cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
