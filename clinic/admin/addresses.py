"""What an address of the desk may hold."""

from collections.abc import Callable
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import reverse


def refuse_nul_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse a NUL in an address of the desk, whose filters would look for it.

    PostgreSQL knows no such character in a text, and its refusal would be our failure.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        at_desk = request.path.startswith(reverse("admin:index"))
        if at_desk and "\0" in unquote(request.get_full_path()):
            return HttpResponseBadRequest("This address cannot be read.", "text/plain")
        return get_response(request)

    return middleware
