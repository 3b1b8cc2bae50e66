"""Subscriptions over WebSocket, with the graphql-transport-ws protocol.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from io import BytesIO
from json import JSONDecodeError
from typing import Any, ClassVar, cast
from weakref import WeakSet

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from cross_web import HTTPException
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django_guid import get_guid, set_guid
from strawberry.channels import GraphQLWSConsumer
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from typing_extensions import override

from clinic import clock
from schema.core.context import WebSocketContext
from schema.core.errors import CodedError
from schema.transport.event_admission import FORBIDDEN, TRY_AGAIN_LATER
from schema.transport.live_updates import (
    INTERRUPTED,
    SERVICE_RESTART,
    current_listener,
    live_updates,
)
from schema.transport.requests import read_json
from schema.transport.socket_places import SocketPlaces
from schema.transport.websocket_handler import TransportWSHandler
from users.authentication import access_tokens
from users.authentication.access_tokens import TokenError
from users.authentication.middleware import (
    AUTHORIZATION_FORMAT,
    TokenRequest,
    bearer_token,
    has_invalid_format,
)
from users.common import metrics
from users.common.client_ip import client_key
from users.common.places import RENEWAL_SECONDS, PlaceLimit
from users.common.rate_limits import RateLimitExceeded
from users.common.request_costs import RequestMeter
from users.common.request_record import accepted_request_id, parse_trace_id, trace_id
from users.models import User

INIT_TIMEOUT = dt.timedelta(seconds=10)
TOO_LONG = 1009


class GraphQLConsumer(GraphQLWSConsumer[WebSocketContext, None]):
    """One client's connection. Closed when its token expires or is revoked."""

    graphql_transport_ws_handler_class = TransportWSHandler
    # No channel of its own: schema/transport/live_updates.py receives for all of the process.
    channel_layer_alias = ""
    # Those of this process that have started, and have not been closed.
    connected: ClassVar[WeakSet["GraphQLConsumer"]] = WeakSet()
    user: User
    token: str
    request: TokenRequest

    def __init__(self, schema: BaseSchema) -> None:
        super().__init__(
            schema,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=INIT_TIMEOUT,
        )
        self._token_check: asyncio.Task[None] | None = None
        self._is_closed = False
        self.places = SocketPlaces()

    @override
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle the connection. Everything that it logs has its request ID and trace ID.

        Django's middleware, which sets them, does not run for WebSockets.
        """
        headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
        request_id, traceparent = (
            headers.get(name, b"").decode("latin-1") for name in ("x-request-id", "traceparent")
        )
        set_guid(accepted_request_id(request_id))
        trace_id.set(parse_trace_id(traceparent))
        metrics.count_open("connection", 1)
        try:
            await super().__call__(scope, receive, send)
        finally:
            metrics.count_open("connection", -1)

    @override
    async def get_context(self, request: Any, response: Any) -> WebSocketContext:
        scheme = "https" if self.scope.get("scheme") == "wss" else "http"
        scope = {**self.scope, "type": "http", "method": "GET", "scheme": scheme}
        request = cast("TokenRequest", ASGIRequest(scope, BytesIO()))
        request.correlation_id = get_guid() or ""
        self.request = request
        return WebSocketContext(request=request, response=HttpResponse(), socket=self)

    @override
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Handle a message. Closes the connection if the message is longer than a request body."""
        if len(text_data or "") > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            await self.close(TOO_LONG, "Message too long")
        else:
            await super().receive(text_data, bytes_data)

    @override
    def decode_json(self, data: str | bytes) -> object:
        try:
            return read_json(data.encode() if isinstance(data, str) else data)
        except HTTPException as error:
            raise JSONDecodeError(error.reason, "", 0) from error

    @override
    async def on_ws_connect(self, context: WebSocketContext) -> Any:
        """Accept the connection if ``connection_init`` has a valid access token."""
        try:
            meter = RequestMeter(client=client_key(context.request), user_id="")
            await sync_to_async(meter.admit)()
        except RateLimitExceeded as error:
            await self.close(TRY_AGAIN_LATER, "Try again later")
            raise ConnectionRejectionError from error
        authorization = authorization_param(context.connection_params)
        if has_invalid_format(authorization):
            await self.close(FORBIDDEN, AUTHORIZATION_FORMAT)
            raise ConnectionRejectionError
        self.token = bearer_token(authorization)
        if not await self.has_valid_token():
            raise ConnectionRejectionError
        try:
            await self.places.take(PlaceLimit.SOCKETS, str(self.user.pk))
        except CodedError as error:
            await self.close(TRY_AGAIN_LATER, error.message)
            raise ConnectionRejectionError from error
        self._token_check = asyncio.create_task(self._close_when_token_expires())
        self.connected.add(self)
        return await super().on_ws_connect(context)

    @override
    async def disconnect(self, code: int) -> None:
        self._is_closed = True
        self.connected.discard(self)
        # First, because a message that is still handled can start the check and take a place.
        await super().disconnect(code)
        if self._token_check:
            self._token_check.cancel()
            with suppress(asyncio.CancelledError):
                await self._token_check
        await self.places.release_all()

    @override
    async def close(self, code: int | bool | None = None, reason: str | None = None) -> None:
        if not self._is_closed:
            self._is_closed = True
            await super().close(code, reason)

    @override
    async def send(self, *message: Any, **more: Any) -> None:
        """Send, unless the connection is closed: operations ended by closing still send."""
        if not self._is_closed:
            await super().send(*message, **more)

    @classmethod
    async def close_all(cls) -> None:
        """Close the connections of this process, because live updates can have been lost.

        Clients then reconnect and load the present state.
        """
        closing = (consumer.close(SERVICE_RESTART, INTERRUPTED) for consumer in cls.connected)
        # A connection that cannot be closed, because its client is gone, must not stop the others.
        await asyncio.gather(*closing, return_exceptions=True)

    async def has_valid_token(self) -> bool:
        """Authenticate the token again: it can be revoked, or the user deactivated, at any time."""
        try:
            self.user = await database_sync_to_async(access_tokens.authenticate)(self.token)
        except TokenError:
            return False
        return True

    def subscribe_to_group(self, topic: str) -> AsyncGenerator[Mapping[str, Any], None]:
        """Yield the messages sent to ``topic`` that this subscription must execute."""
        return live_updates().messages(topic, current_listener.get())

    def audited_requests(self) -> list[TokenRequest]:
        """The requests of the connections that receive the event that is executed."""
        execution = current_listener.get().execution
        return execution.requests if execution else [self.request]

    async def _close_when_token_expires(self) -> None:
        """Check the token from time to time. It was valid when the connection was accepted."""
        # The token can expire between has_valid_token() and decode().
        with suppress(TokenError):
            is_valid = True
            while is_valid:
                expires_at = access_tokens.decode(self.token)["exp"]
                left = expires_at - clock.now().timestamp()
                wait = min(settings.SOCKET_RECHECK_SECONDS, RENEWAL_SECONDS)
                await asyncio.sleep(min(max(left, 0), wait))
                await self.places.renew()
                is_valid = await self.has_valid_token()
        await self.close(FORBIDDEN, "Forbidden")


def authorization_param(params: Mapping[str, Any]) -> str:
    """Return ``authorization`` from the payload of ``connection_init``; "" if there is none.

    The name is case-insensitive. Some clients, such as Apollo Sandbox, send it in ``headers``.
    """
    headers = params.get("headers")
    sources = (params, headers) if isinstance(headers, dict) else (params,)
    found = (
        value
        for source in sources
        for name, value in source.items()
        if name.lower() == "authorization" and isinstance(value, str) and value.strip()
    )
    return next(found, "")
