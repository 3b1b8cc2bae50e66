"""Gunicorn finds this file by itself: ``gunicorn config.wsgi``."""

import gc
import os
from importlib import import_module

from django.conf import settings

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
# Loaded once, before the workers start: a wrong setting stops the server with
# its one line, where workers would be started and fail again and again.
preload_app = True
threads = 4
# Whom to believe about a request, TRUSTED_PROXIES and BEHIND_TLS_PROXY say; gunicorn by itself
# believes whoever connects from the same machine.
forwarded_allow_ips = ""


def post_worker_init(_worker: object) -> None:
    """Spare the garbage collector what lives as long as the worker: code and schema."""
    import_module(settings.ROOT_URLCONF)  # as the first request would
    gc.collect()
    gc.freeze()
