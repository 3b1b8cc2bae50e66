"""Validation of admin URLs."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.translation import gettext


class RejectNullBytesMiddleware:
    """Answers 400 to admin URLs that contain a null byte.

    The admin would use the value in a query. PostgreSQL text cannot contain null bytes, so the
    query would fail with status 500.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match and match.app_name == "admin" and "\0" in unquote(request.get_full_path()):
            return HttpResponseBadRequest(gettext("Invalid URL."), "text/plain")
        return None
