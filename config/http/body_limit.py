"""Size limit for request bodies.

Django's ASGI handler writes the whole body to disk before a view can reject it.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from schema.core.errors import CodedError, ErrorCode
from schema.transport.requests import TOO_LARGE, parse_length
from users.common import metrics

Scope = dict[str, Any]
Event = Mapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

TOO_LARGE_ERROR = CodedError(ErrorCode.BAD_USER_INPUT, TOO_LARGE)
ERROR_HEADERS = {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
}


class BodyTooLarge(Exception):
    """The request body exceeds the limit."""


class MaxBodySizeMiddleware:
    """ASGI middleware that responds 413 to a body of more than ``max_bytes``."""

    def __init__(self, application: Application, *, max_bytes: int) -> None:
        self.application, self.max_bytes = application, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        header = dict(scope["headers"]).get(b"content-length", b"")
        declared = parse_length(header.decode("latin-1"))
        if declared is None or declared > self.max_bytes:
            await _send_too_large(scope, send)
            return
        received = 0

        async def receive_limited() -> Event:
            nonlocal received
            event = await receive()
            received += len(event.get("body", b""))
            if received > self.max_bytes:
                raise BodyTooLarge
            return event

        try:
            await self.application(scope, receive_limited, send)
        except BodyTooLarge:
            # Django reads the whole body before it responds, so nothing has been sent yet.
            await _send_too_large(scope, send)


async def _send_too_large(scope: Scope, send: Send) -> None:
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    metrics.count_unhandled(scope.get("method"), status, TOO_LARGE_ERROR.code)
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in ERROR_HEADERS.items()],
        }
    )
    await send({"type": "http.response.body", "body": TOO_LARGE_ERROR.response_body()})
