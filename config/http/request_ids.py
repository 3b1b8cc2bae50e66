"""Middleware for the IDs by which a request is found in logs: its own, and that of its trace."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from users.common.request_record import accepted_request_id, parse_trace_id, trace_id

REQUEST_ID = "HTTP_X_REQUEST_ID"
TRACEPARENT = "HTTP_TRACEPARENT"


def request_ids_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Keep the trace id of ``traceparent``, and replace an unusual ``X-Request-ID``.

    Must run before django-guid, which accepts UUIDs only, or any text.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        # Not from ``request.headers``, which would keep the ID that is replaced.
        trace_id.set(parse_trace_id(request.META.get(TRACEPARENT)))
        request.META[REQUEST_ID] = accepted_request_id(request.META.get(REQUEST_ID))
        return get_response(request)

    return middleware
