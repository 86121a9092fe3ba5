"""sluice that takes uploads, and answers when they are on the disk."""

from . import sluice_uploads

TITLE = "sluice, uploads, fsync"


def command(place):
    return sluice_uploads.command(place, sync="file")


def version():
    return sluice_uploads.version()
