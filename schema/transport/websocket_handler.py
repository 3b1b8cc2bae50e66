"""The graphql-transport-ws protocol with strict parsing and limits."""

import asyncio
import json
from functools import partial
from typing import Any, Protocol, cast

from asgiref.sync import sync_to_async
from cross_web import HTTPException
from strawberry.http import GraphQLRequestData
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    Message,
    PingMessage,
    SubscribeMessage,
)
from typing_extensions import override

from schema.core.context import WebSocketContext
from schema.core.errors import CodedError, ErrorCode, count_errors
from schema.transport.event_admission import Connection
from schema.transport.live_updates import Listener, current_listener
from schema.transport.persisted_documents import resolve_document
from schema.transport.requests import operation_from
from schema.transport.socket_places import SocketPlaces
from users.common import metrics
from users.common.client_ip import client_key
from users.common.places import PlaceLimit
from users.common.rate_limits import RateLimitExceeded
from users.common.request_costs import RequestMeter

MAX_SUBSCRIPTIONS = 20


class SocketConnection(Connection, Protocol):
    """The connection as the handler uses it."""

    places: SocketPlaces

    async def send(self, text: str, /) -> None: ...


class TransportWSHandler(BaseGraphQLTransportWSHandler[WebSocketContext, None]):
    """The protocol with strict parsing, persisted documents and rate limits.

    Each subscription counts as one request against the rate limits.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Subscriptions that can still be starting, in order.
        self._starting: dict[asyncio.Task[None], Listener] = {}

    @override
    async def handle_message(self, message: Message) -> None:
        # Strawberry's reader task fails on a malformed message and leaves the socket open.
        if not _is_message(message):
            await self.handle_invalid_message("Failed to parse message")
            return
        if message["type"] == "connection_init" and message.get("payload") is None:
            message = {"type": "connection_init"}  # Strawberry rejects null
        await super().handle_message(message)

    @override
    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        payload, id_ = message["payload"], message["id"]
        if self.connection_acknowledged and id_ not in self.operations:
            try:
                payload["query"] = await sync_to_async(self._admit)(operation_from(payload))
                user_id = str(self.context.user.pk)
                place = await self._places.take(PlaceLimit.SUBSCRIPTIONS, user_id)
            except HTTPException as error:
                await self.handle_invalid_message(error.reason)
                return
            except CodedError as error:
                errors = [error.formatted]
                await self.send_message({"id": id_, "type": "error", "payload": errors})
                return
            listener = self._listener(message)
            # The task of the subscription gets a copy of the present context.
            current_listener.set(listener)
            await super().handle_subscribe(message)
            self._release_with(id_, place, listener)
        else:
            await super().handle_subscribe(message)

    def _release_with(self, id_: str, place: str, listener: Listener) -> None:
        """Free the place when the operation that has just been started ends."""
        task = self.operations[id_].task
        assert task, "set by handle_subscribe"  # noqa: S101 - for the type checker
        metrics.count_open("subscription", 1)
        task.add_done_callback(lambda _task: self._end(place))
        self._starting[task] = listener
        task.add_done_callback(lambda _task: self._starting.pop(task, None))

    def _end(self, place: str) -> None:
        metrics.count_open("subscription", -1)
        self._places.release(place)

    @override
    async def handle_ping(self, message: PingMessage) -> None:
        """Answer once the subscriptions that were sent before receive events.

        The protocol has no other message that says so.
        """
        for task, listener in list(self._starting.items()):
            listening = asyncio.ensure_future(listener.is_listening.wait())
            await asyncio.wait([task, listening], return_when=asyncio.FIRST_COMPLETED)
            listening.cancel()
            self._starting.pop(task, None)
        await super().handle_ping(message)

    @override
    async def run_operation(self, operation: Operation[WebSocketContext, None]) -> None:
        try:
            await super().run_operation(operation)
        finally:
            # Others would wait for the event that was executed when the connection was closed.
            if execution := current_listener.get().execution:
                execution.abandon()

    def _listener(self, message: SubscribeMessage) -> Listener:
        """Return the listener of a new subscription. Events are shared with those who ask the same.

        URLs of pictures contain the scheme and the host.
        """
        payload, request = message["payload"], self.context.request
        question = (
            payload["query"],
            payload.get("operationName"),
            json.dumps(payload.get("variables"), sort_keys=True),
            request.scheme,
            request.headers.get("host"),
        )
        send = partial(self._send_payload, message["id"])
        return Listener(self._connection, question, send)

    @override
    async def send_message(self, message: Message) -> None:
        if message["type"] == "next":
            await self._send_event(message["id"], message["payload"])
            return
        if message["type"] == "error":
            count_errors(error["extensions"]["code"] for error in message["payload"])
        await super().send_message(message)

    async def _send_event(self, id_: str, payload: Any) -> None:
        """Send the result of an execution, and pass it to those who share it.

        One with errors is not shared: it can end the subscription.
        """
        errors, encoded = payload.get("errors"), self.view.encode_json_string(payload)
        if execution := current_listener.get().execution:
            execution.abandon() if errors else execution.publish(encoded)
        count_errors(error["extensions"]["code"] for error in errors or ())
        await self._send_payload(id_, encoded)

    async def _send_payload(self, id_: str, encoded: str) -> None:
        id_ = self.view.encode_json_string(id_)
        await self._connection.send(f'{{"id":{id_},"type":"next","payload":{encoded}}}')

    @property
    def _connection(self) -> SocketConnection:
        return cast("SocketConnection", self.view)

    @property
    def _places(self) -> SocketPlaces:
        return self._connection.places

    def _admit(self, operation: GraphQLRequestData) -> str:
        """Return the document of a new subscription. Raises CodedError and HTTPException."""
        if len(self.operations) >= MAX_SUBSCRIPTIONS:
            message = f"A connection can have at most {MAX_SUBSCRIPTIONS} subscriptions."
            raise CodedError(ErrorCode.QUERY_TOO_COMPLEX, message)
        address, account = client_key(self.context.request), str(self.context.user.pk)
        try:
            RequestMeter(client=address, user_id=account).admit()
        except RateLimitExceeded as error:
            raise CodedError(
                ErrorCode.RATE_LIMITED, str(error), retryAfter=error.retry_after
            ) from error
        return resolve_document(operation)


def _is_message(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return isinstance(value.get("type"), str) and isinstance(value.get("id", ""), str)
