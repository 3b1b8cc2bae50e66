"""What an address of the desk may hold."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest


class RejectNullBytesMiddleware:
    """Refuse a NUL in an address of the desk, whose filters would look for it.

    PostgreSQL knows no such character in a text, and its refusal would be our failure.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match and match.app_name == "admin" and "\0" in unquote(request.get_full_path()):
            return HttpResponseBadRequest("This address cannot be read.", "text/plain")
        return None
