"""Gunicorn settings, read automatically by ``gunicorn config.wsgi``."""

import gc
import os
from importlib import import_module

from django.conf import settings

# Reachable from this machine only, unless HOST says otherwise: without a proxy in front, passwords
# and tokens would cross the network unencrypted.
bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
# Otherwise anybody who can write to the socket controls the server.
control_socket_disable = True
# The application is loaded before the workers are started, so that an invalid setting stops the
# server with one line. Otherwise workers would start and fail again and again.
preload_app = True
threads = 4
# Gunicorn's default trusts X-Forwarded-* headers of local processes. TRUSTED_PROXIES and
# BEHIND_TLS_PROXY decide that instead.
forwarded_allow_ips = ""


def post_worker_init(_worker: object) -> None:
    """Exclude code and schema, which live as long as the worker, from garbage collection."""
    import_module(settings.ROOT_URLCONF)  # otherwise loaded by the first request
    gc.collect()
    gc.freeze()
