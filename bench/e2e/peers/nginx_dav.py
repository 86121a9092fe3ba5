"""nginx that takes uploads (ngx_http_dav_module), of any size."""

from . import nginx

TITLE = "nginx, dav"


def command(place):
    temporary = place.root / ".nginx-temporary"
    argv = nginx.command(place, extra="client_max_body_size 0; client_body_temp_path "
                         f"{temporary}; dav_methods PUT DELETE;")
    return argv


def version():
    return nginx.version()
