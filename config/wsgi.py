"""WSGI application. Start it with ``gunicorn config.wsgi``. It serves no WebSockets."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_wsgi_application()

# Models can be imported only after Django is set up.
from config.http.body_length import BodyLengthMiddleware  # noqa: E402
from schema.transport.requests import MAX_MULTIPART_BYTES  # noqa: E402

application = BodyLengthMiddleware(django_application, max_bytes=MAX_MULTIPART_BYTES)
