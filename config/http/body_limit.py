"""Bodies no longer than anything here may be: Django's ASGI side would take in any.

It writes a body to disk before a view can say that it is too long.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from schema.core.errors import CodedError, ErrorCode
from schema.transport.requests import TOO_LARGE

Scope = dict[str, Any]
Event = Mapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

REFUSAL = CodedError(ErrorCode.BAD_USER_INPUT, TOO_LARGE)


class TooLarge(Exception):
    """More bytes than are taken in."""


class BodyLimit:
    """An ASGI application that answers 413 to bodies of more than ``most`` bytes."""

    def __init__(self, application: Application, *, most: int) -> None:
        self.application, self.most = application, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _declared_length(scope["headers"]) > self.most:
            await _refuse(send)
            return
        taken = 0

        async def receive_some() -> Event:
            nonlocal taken
            event = await receive()
            taken += len(event.get("body", b""))
            if taken > self.most:
                raise TooLarge
            return event

        try:
            await self.application(scope, receive_some, send)
        except TooLarge:
            # Django reads all before it answers anything, so nothing has been sent yet.
            await _refuse(send)


def _declared_length(headers: Iterable[tuple[bytes, bytes]]) -> int:
    text = dict(headers).get(b"content-length", b"0")
    return int(text) if text.isdigit() else 0


async def _refuse(send: Send) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "headers": [
                (b"content-type", b"application/json; charset=utf-8"),
                (b"cache-control", b"no-store"),
            ],
        }
    )
    body = json.dumps({"errors": [REFUSAL.formatted]}).encode()
    await send({"type": "http.response.body", "body": body})
