"""The context of an operation: request, caller, current time, and state kept per operation."""

import datetime as dt
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import strawberry
from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from django.utils.translation import gettext as _
from strawberry.django.context import StrawberryDjangoContext

from clinic import clock
from clinic.privacy.visibility import ContactVisibility, contact_visibility_for
from schema.core.access_tracker import AccessTracker
from schema.core.errors import CodedError, ErrorCode
from schema.core.plan_cache import PlanCache
from users.authentication.access_tokens import TokenError
from users.authentication.middleware import AUTHORIZATION_FORMAT, TokenRequest
from users.common.request_costs import RequestMeter
from users.models import User


@dataclass
class Context(StrawberryDjangoContext):
    request: TokenRequest
    # Charges the request to the minute of its account; None outside of HTTP.
    meter: RequestMeter | None = field(default=None, init=False)
    # Whether the operation changes nothing, so that it can be ended at any time.
    is_query: bool = field(default=False, init=False)
    # Set by a mutation that has checked a password or a token other than an access token.
    credential_user: User | None = field(default=None, init=False)
    # The plans of the document, if it is kept.
    plans: PlanCache[Any] | None = field(default=None, init=False)
    _contact_visibility: ContactVisibility | None = field(default=None, init=False)
    _access_tracker: AccessTracker | None = field(default=None, init=False)

    @cached_property
    def now(self) -> dt.datetime:
        """The current time, aware, in the clinic's zone. Read from the clock once per operation."""
        return clock.now()

    @cached_property
    def user(self) -> User:
        """The caller. Raises UNAUTHENTICATED, TOKEN_EXPIRED or TOKEN_INVALID.

        Evaluated only when an operation needs it: an expired access token must not
        prevent operations that work without one, such as ``refreshToken``.
        """
        user = self.request.token_user()
        if user is None:
            invalid = self.request.token_user.has_invalid_format
            message = AUTHORIZATION_FORMAT if invalid else _("Sign in first.")
            raise CodedError(ErrorCode.UNAUTHENTICATED, message)
        return user

    @property
    def optional_user(self) -> User | None:
        """The caller; None without an access token. Raises as ``user`` if the token is invalid.

        Otherwise a client with an expired token would get the answer for strangers instead of
        TOKEN_EXPIRED, and would not refresh the token.
        """
        try:
            return self.user
        except CodedError:
            if self.request.token_user.has_invalid_format:
                raise
            return None

    @property
    def audit_actor(self) -> User:
        """The actor in the audit log: the caller, or the user whose credentials a mutation checked.

        Raises what ``user`` raises if there is neither.
        """
        try:
            return self.user
        except (CodedError, TokenError):
            if self.credential_user is None:
                raise
            return self.credential_user

    @property
    def contact_visibility(self) -> ContactVisibility:
        """The people whose contact details the caller can see. Queried once per operation."""
        if self._contact_visibility is None:
            self._contact_visibility = contact_visibility_for(self.user)
        return self._contact_visibility

    def charge(self, cost: int) -> None:
        """Charge costly work before it is done. Raises RateLimitExceeded, but not in a mutation.

        A mutation has changed data already: its result must reach the client. Its work is charged
        afterwards.
        """
        if self.meter and self.is_query:
            self.meter.charge(cost)

    def charge_progress(self) -> None:
        """Charge the computing time so far, as ``charge()`` does."""
        if self.meter and self.is_query:
            self.meter.charge_progress()

    def clear_visibility_cache(self) -> None:
        """Query ``contact_visibility`` again at the next use, because a mutation can change it."""
        self._contact_visibility = None

    @property
    def access_tracker(self) -> AccessTracker:
        """The accesses of this operation that are not in the audit log yet."""
        if self._access_tracker is None:
            self._access_tracker = AccessTracker()
        return self._access_tracker

    def pop_access_tracker(self) -> AccessTracker | None:
        """Return the access tracker, if one was used, and start again without one."""
        tracker, self._access_tracker = self._access_tracker, None
        return tracker

    def media_url(self, file: FieldFile) -> str | None:
        """Return the absolute URL of ``file``, or None if the field is empty."""
        return self.request.build_absolute_uri(file.url) if file else None

    def url(self, name: str, **kwargs: object) -> str:
        """Return the absolute URL of a view."""
        return self.request.build_absolute_uri(reverse(name, kwargs=kwargs))

    @property
    def request_id(self) -> str:
        """The id in the log, in the ``X-Request-ID`` header and in ``extensions.requestId``."""
        return str(getattr(self.request, "correlation_id", ""))


def require_introspection_allowed(context: Context) -> None:
    """Reject introspection without a valid access token, except in development.

    Raises CodedError (UNAUTHENTICATED) or TokenError.
    """
    if not settings.DEBUG:
        context.user  # noqa: B018 - raises without a valid token


def can_introspect(context: object) -> bool:
    """Whether the caller is allowed to see the schema, also in suggestions of error messages."""
    if not isinstance(context, Context):
        return settings.DEBUG
    try:
        require_introspection_allowed(context)
    except (CodedError, TokenError):
        return False
    return True


Info = strawberry.Info[Context, None]


class WebSocketConnection(Protocol):
    """The WebSocket connection that a subscription runs on."""

    user: User

    def subscribe_to_group(self, topic: str) -> AsyncGenerator[Mapping[str, Any], None]: ...

    def audited_requests(self) -> Sequence[TokenRequest]: ...


@dataclass
class WebSocketContext(Context):
    """Context of a WebSocket connection.

    A connection is long-lived: time, caller and visibility are read again for each event.
    """

    socket: WebSocketConnection
    connection_params: dict[str, Any] = field(default_factory=dict)
    # Set by a subscription for each event: its other subscriptions can use the same result.
    load_contact_visibility: Callable[[], ContactVisibility] | None = field(
        default=None, init=False
    )

    @property
    def now(self) -> dt.datetime:
        return clock.now()

    @property
    def user(self) -> User:
        return self.socket.user

    @property
    def contact_visibility(self) -> ContactVisibility:
        if self.load_contact_visibility is None:
            return contact_visibility_for(self.user)
        return self.load_contact_visibility()
