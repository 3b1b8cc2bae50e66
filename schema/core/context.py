"""What a resolver knows about the request it answers."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

import strawberry
from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from strawberry.django.context import StrawberryDjangoContext

from clinic import clock
from clinic.privacy.visibility import Counterparts, counterparts_of
from schema.core.access_tracker import Trail
from schema.core.errors import CodedError, ErrorCode
from users.authentication.access_tokens import TokenError
from users.authentication.middleware import AUTHORIZATION_FORMAT, TokenRequest
from users.models import User


@dataclass
class Context(StrawberryDjangoContext):
    request: TokenRequest
    # Who the sender has shown to be by a password, or a token of another kind.
    proven: User | None = field(default=None, init=False)

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
    def actor(self) -> User:
        """Whom the audit remembers: the caller, or whom a mutation has signed in or let in.

        Raises what ``user`` does if there is neither.
        """
        try:
            return self.user
        except (CodedError, TokenError):
            if self.proven is None:
                raise
            return self.proven

    @cached_property
    def counterparts(self) -> Counterparts:
        """Whom the caller has visits with, in one query an operation."""
        return counterparts_of(self.user)

    def forget(self) -> None:
        """Ask again whom the caller has visits with: a mutation may change it."""
        vars(self).pop("counterparts", None)

    @cached_property
    def trail(self) -> Trail:
        """Whose records this operation has shown or changed, and not yet written down."""
        return Trail()

    def take_trail(self) -> Trail | None:
        """The trail, if there is one; a new one begins."""
        taken: Trail | None = vars(self).pop("trail", None)
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


def require_insider(context: Context) -> None:
    """Refuse to show the schema to strangers in production; a token opens it.

    Raises what codes as UNAUTHENTICATED or as a bad token.
    """
    if not settings.DEBUG:
        _ = context.user


def is_insider(context: object) -> bool:
    """Whether the schema may be shown, in introspection or in hints at its names."""
    if not isinstance(context, Context):
        return settings.DEBUG
    try:
        require_insider(context)
    except (CodedError, TokenError):
        return False
    return True


Info = strawberry.Info[Context, None]
