"""sluice with one route for all bodies; SLUICE_BENCH_ROUTE names it."""

import os

from . import sluice

TITLE = "sluice"


def command(place):
    return sluice.command(place) + ["--transfer", os.environ["SLUICE_BENCH_ROUTE"]]


def version():
    return sluice.version()
