"""Origin check for WebSocket connections."""

from typing import Any
from urllib.parse import ParseResult

from channels.security.websocket import OriginValidator
from django.conf import settings


class AllowedOriginsValidator(OriginValidator):
    """Accept origins in ALLOWED_HOSTS and CORS_ALLOWED_ORIGINS, and requests without an Origin.

    Browsers always send the page's Origin and scripts cannot change it. Native clients send
    none; they have no browser credentials that a foreign page could abuse.
    """

    def __init__(self, application: Any) -> None:
        super().__init__(application, [*settings.ALLOWED_HOSTS, *settings.CORS_ALLOWED_ORIGINS])

    def valid_origin(self, parsed_origin: ParseResult | None) -> bool:
        return parsed_origin is None or bool(self.validate_origin(parsed_origin))
