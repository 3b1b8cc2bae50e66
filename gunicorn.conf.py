"""Gunicorn settings, read automatically by ``gunicorn config.wsgi``."""

import gc
import signal
from importlib import import_module
from typing import Any

from django.conf import settings

from config.start import require_stored_time_zone
from config.web_server import HOST, KEEP_ALIVE_SECONDS, PORT

bind = f"{HOST}:{PORT}"
keepalive = KEEP_ALIVE_SECONDS
# Otherwise anybody who can write to the socket controls the server.
control_socket_disable = True
# The application is loaded before the workers are started, so that an invalid setting stops the
# server with one line. Otherwise workers would start and fail again and again.
preload_app = True
worker_class = "config.http.gunicorn_worker.ClinicWorker"
threads = 4
# Gunicorn's default trusts X-Forwarded-* headers of local processes. TRUSTED_PROXIES and
# BEHIND_TLS_PROXY decide that instead.
forwarded_allow_ips = ""


def post_worker_init(_worker: object) -> None:
    """Exclude code and schema, which live as long as the worker, from garbage collection."""
    gc.collect()
    gc.freeze()


def on_starting(_server: object) -> None:
    """Prepare the server before it starts workers.

    Checks the time zone, loads the views, which each worker would otherwise load itself, and
    removes what the workers of a former server have counted.
    """
    require_stored_time_zone()
    import_module(settings.ROOT_URLCONF)
    import_module("config.http.metrics").remove_former_counts()


def when_ready(server: Any) -> None:
    """Ignore SIGHUP, by which gunicorn replaces its workers.

    The application is loaded already: new workers would have its old code, and load what was not
    used so far, such as templates, from the new release.
    """
    message = "SIGHUP is ignored. Restart the server to load another release."
    signal.signal(signal.SIGHUP, lambda *_: server.log.warning(message))


def child_exit(_server: object, worker: Any) -> None:
    """Remove what an ended worker had open from the metrics; what it counted stays."""
    import_module("config.http.metrics").forget_process(worker.pid)
