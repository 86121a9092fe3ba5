"""nginx as Debian configures it, with one worker, without access log and compression."""

import shutil

from . import version_from

TITLE = "nginx"

CONFIGURATION = """
user root;
worker_processes 1;
pid {scratch}/nginx.pid;
error_log stderr;
events {{ worker_connections 16384; }}
http {{
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  access_log off;
  keepalive_requests 2000000000;
  {extra}
  server {{
    listen 127.0.0.1:{port};
    root {root};
  }}
}}
"""


def command(place, extra=""):
    """`extra` is more configuration for the http block."""
    file = place.scratch / "nginx.conf"
    file.write_text(CONFIGURATION.format(
        scratch=place.scratch, root=place.root, port=place.port, extra=extra))
    return [program(), "-e", "stderr", "-c", str(file), "-g", "daemon off;"]


def version():
    return version_from("nginx", program(), "-v")


def program():
    return shutil.which("nginx") or "/usr/sbin/nginx"
