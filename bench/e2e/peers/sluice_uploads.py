"""sluice that takes uploads and, as nginx, does not wait for the disk."""

from . import sluice

TITLE = "sluice, uploads"

CONFIGURATION = """
[server]
threads = 1

[[site]]
root = "{root}"
uploads = true

[site.upload]
limit_bytes = 1_000_000_000_000
sync = "{sync}"
"""


def command(place, sync="none"):
    file = place.scratch / "sluice.toml"
    file.write_text(CONFIGURATION.format(root=place.root, sync=sync))
    return [sluice.PROGRAM, "serve", "--config", str(file), "--listen",
            f"127.0.0.1:{place.port}", "--quiet"]


def version():
    return sluice.version()
