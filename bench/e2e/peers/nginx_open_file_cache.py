"""nginx with its cache of open files, which Debian leaves off."""

from . import nginx

TITLE = "nginx, open_file_cache on"

OPEN_FILE_CACHE = """
  open_file_cache max=1000 inactive=60s;
  open_file_cache_valid 30s;
"""


def command(place):
    return nginx.command(place, extra=OPEN_FILE_CACHE)


def version():
    return nginx.version()
