"""ASGI application: HTTP requests and WebSocket connections.

Start it with ``python -m config.asgi_server``.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

# Models can be imported only after Django is set up.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

from config.http.asgi_handler import ThreadPoolASGIHandler  # noqa: E402
from config.http.body_limit import MaxBodySizeMiddleware  # noqa: E402
from config.http.websocket_origins import AllowedOriginsValidator  # noqa: E402
from config.redis_connection import on_reconnection  # noqa: E402
from schema.schema import schema  # noqa: E402
from schema.transport.consumer import GraphQLConsumer  # noqa: E402
from schema.transport.requests import MAX_MULTIPART_BYTES  # noqa: E402

on_reconnection(GraphQLConsumer.close_all)
application = ProtocolTypeRouter(
    {
        "http": MaxBodySizeMiddleware(ThreadPoolASGIHandler(), max_bytes=MAX_MULTIPART_BYTES),
        "websocket": AllowedOriginsValidator(
            # Channels routes to ASGI applications; Django's types allow views only.
            URLRouter([re_path(r"^graphql/?$", GraphQLConsumer.as_asgi(schema=schema))])  # type: ignore[list-item, arg-type]
        ),
    }
)
