"""What a resolver knows about the request it answers."""

import datetime as dt
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import strawberry
from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from strawberry.django.context import StrawberryDjangoContext

from clinic import clock
from clinic.privacy.visibility import ContactVisibility, contact_visibility_for
from schema.core.access_tracker import AccessTracker
from schema.core.errors import CodedError, ErrorCode
from users.authentication.access_tokens import TokenError
from users.authentication.middleware import AUTHORIZATION_FORMAT, TokenRequest
from users.models import User


@dataclass
class Context(StrawberryDjangoContext):
    request: TokenRequest
    # Who the sender has shown to be by a password, or a token of another kind.
    credential_user: User | None = field(default=None, init=False)

    @cached_property
    def now(self) -> dt.datetime:
        """The moment of this operation, at the clinic; the same however often asked."""
        return clock.now()

    @cached_property
    def user(self) -> User:
        """The caller. Raises UNAUTHENTICATED, TOKEN_EXPIRED or TOKEN_INVALID.

        Asked for only where an operation needs it, so that a stale token beside one
        that does not, such as refreshToken, harms nothing.
        """
        user = self.request.token_user()
        if user is None:
            invalid = self.request.token_user.has_invalid_format
            message = AUTHORIZATION_FORMAT if invalid else "Sign in first."
            raise CodedError(ErrorCode.UNAUTHENTICATED, message)
        return user

    @property
    def audit_actor(self) -> User:
        """Whom the audit remembers: the caller, or whom a mutation has signed in or let in.

        Raises what ``user`` does if there is neither.
        """
        try:
            return self.user
        except (CodedError, TokenError):
            if self.credential_user is None:
                raise
            return self.credential_user

    @cached_property
    def contact_visibility(self) -> ContactVisibility:
        """Whom the caller has appointments with, in one query an operation."""
        return contact_visibility_for(self.user)

    def clear_visibility_cache(self) -> None:
        """Ask again whom the caller has appointments with: a mutation may change it."""
        vars(self).pop("contact_visibility", None)

    @cached_property
    def access_tracker(self) -> AccessTracker:
        """Whose records this operation has shown or changed, and not yet written down."""
        return AccessTracker()

    def pop_access_tracker(self) -> AccessTracker | None:
        """The trail, if there is one; a new one begins."""
        taken: AccessTracker | None = vars(self).pop("access_tracker", None)
        return taken

    def media_url(self, file: FieldFile) -> str | None:
        """Where a client finds ``file``, host included; None if there is none."""
        return self.request.build_absolute_uri(file.url) if file else None

    def url(self, name: str, **kwargs: object) -> str:
        """The address of a view, host included."""
        return self.request.build_absolute_uri(reverse(name, kwargs=kwargs))

    @property
    def request_id(self) -> str:
        """Names this request in the log, in ``X-Request-ID`` and in ``extensions.requestId``."""
        return str(getattr(self.request, "correlation_id", ""))


def require_introspection_allowed(context: Context) -> None:
    """Refuse to show the schema to strangers in production; a token opens it.

    Raises what codes as UNAUTHENTICATED or as a bad token.
    """
    if not settings.DEBUG:
        _ = context.user


def can_introspect(context: object) -> bool:
    """Whether the schema may be shown, in introspection or in hints at its names."""
    if not isinstance(context, Context):
        return settings.DEBUG
    try:
        require_introspection_allowed(context)
    except (CodedError, TokenError):
        return False
    return True


Info = strawberry.Info[Context, None]


class WebSocketConnection(Protocol):
    """The WebSocket connection that a subscription is served by."""

    user: User

    def subscribe_to_group(self, topic: str) -> AsyncGenerator[Mapping[str, Any], None]: ...


@dataclass
class WebSocketContext(Context):
    """As ``Context``, but of a connection that lives: nothing is remembered between events."""

    socket: WebSocketConnection
    connection_params: dict[str, Any] = field(default_factory=dict)

    @property
    def now(self) -> dt.datetime:
        return clock.now()

    @property
    def user(self) -> User:
        return self.socket.user

    @property
    def contact_visibility(self) -> ContactVisibility:
        return contact_visibility_for(self.user)
