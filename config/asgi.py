"""For ASGI servers: HTTP, and WebSockets for live updates.

``uvicorn config.asgi:application --no-proxy-headers``: TRUSTED_PROXIES says whom to believe.
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
http_application = get_asgi_application()

# Models can be imported only once Django is set up.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

from config.http.body_limit import BodyLimit  # noqa: E402
from config.http.websocket_origins import OurOrigins  # noqa: E402
from schema.schema import schema  # noqa: E402
from schema.transport.consumer import GraphQLConsumer  # noqa: E402
from schema.transport.requests import MAX_MULTIPART_BYTES  # noqa: E402

application = ProtocolTypeRouter(
    {
        # Through Django and all its middleware.
        "http": BodyLimit(http_application, most=MAX_MULTIPART_BYTES),
        "websocket": OurOrigins(
            # Channels routes to applications what Django's types take for views only.
            URLRouter([re_path(r"^graphql/?$", GraphQLConsumer.as_asgi(schema=schema))])  # type: ignore[list-item, arg-type]
        ),
    }
)
