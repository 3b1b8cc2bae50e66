"""The graphql-transport-ws protocol with strict parsing and limits."""

from typing import Any, Protocol, cast

from asgiref.sync import sync_to_async
from cross_web import HTTPException
from strawberry.http import GraphQLRequestData
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    Message,
    SubscribeMessage,
)
from typing_extensions import override

from schema.core.context import WebSocketContext
from schema.core.errors import CodedError, ErrorCode, count_errors
from schema.transport.persisted_documents import resolve_document
from schema.transport.requests import operation_from
from schema.transport.socket_places import SocketPlaces
from users.common import metrics
from users.common.client_ip import client_key
from users.common.places import PlaceLimit
from users.common.rate_limits import RateLimitExceeded
from users.common.request_costs import RequestMeter

MAX_SUBSCRIPTIONS = 20


class PlaceHolder(Protocol):
    """The connection as the handler uses it."""

    places: SocketPlaces


class TransportWSHandler(BaseGraphQLTransportWSHandler[WebSocketContext, None]):
    """The protocol with strict parsing, persisted documents and rate limits.

    Each subscription counts as one request against the rate limits.
    """

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
            await super().handle_subscribe(message)
            self._release_with(id_, place)
        else:
            await super().handle_subscribe(message)

    def _release_with(self, id_: str, place: str) -> None:
        """Free the place when the operation that has just been started ends."""
        task = self.operations[id_].task
        assert task, "set by handle_subscribe"  # noqa: S101 - for the type checker
        metrics.count_open("subscription", 1)
        task.add_done_callback(lambda _task: self._end(place))

    def _end(self, place: str) -> None:
        metrics.count_open("subscription", -1)
        self._places.release(place)

    @override
    async def send_message(self, message: Message) -> None:
        payload: Any = message.get("payload")
        if message["type"] == "next":
            payload = payload.get("errors")
        if message["type"] in {"next", "error"}:
            count_errors(error["extensions"]["code"] for error in payload or ())
        await super().send_message(message)

    @property
    def _places(self) -> SocketPlaces:
        return cast("PlaceHolder", self.view).places

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
