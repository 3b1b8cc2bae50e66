"""Which web pages may open a socket."""

from typing import Any
from urllib.parse import ParseResult

from channels.security.websocket import OriginValidator
from django.conf import settings


class OurOrigins(OriginValidator):
    """Lets in the server's own pages, those of CORS_ALLOWED_ORIGINS, and whatever is no page.

    A browser names the page's origin and lets no script change it; native clients
    name none, and carry no browser's credentials that a page could abuse.
    """

    def __init__(self, application: Any) -> None:
        super().__init__(application, [*settings.ALLOWED_HOSTS, *settings.CORS_ALLOWED_ORIGINS])

    def valid_origin(self, parsed_origin: ParseResult | None) -> bool:
        return parsed_origin is None or bool(self.validate_origin(parsed_origin))
