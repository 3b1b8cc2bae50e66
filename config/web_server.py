"""Address and idle time of the web servers, for ``gunicorn.conf.py`` and ``config.asgi_server``."""

import os

# Reachable from this machine only, unless HOST says otherwise: without a proxy in front, passwords
# and tokens would cross the network unencrypted.
HOST = os.environ.get("HOST") or "127.0.0.1"
PORT = os.environ.get("PORT") or "8000"
# How long a connection without requests stays open. Longer than a proxy keeps it (15 seconds in
# docs/operations/files/nginx.conf): otherwise the server could close it just when the proxy sends
# the next request, which would be answered 502.
KEEP_ALIVE_SECONDS = 20
