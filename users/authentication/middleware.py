"""Authentication of a request by its ``Authorization`` header."""

from collections.abc import Callable
from functools import cached_property

from django.http import HttpRequest, HttpResponse

from users.authentication import access_tokens
from users.authentication.access_tokens import Payload, TokenError
from users.models import User

# Clients of django-graphql-jwt send ``JWT``, all others ``Bearer`` (RFC 6750).
# Schemes are case-insensitive (RFC 9110, 11.1).
SCHEMES = frozenset({"jwt", "bearer"})
AUTHORIZATION_FORMAT = "Authorization must be `JWT <token>` or `Bearer <token>`."


def bearer_token(authorization: str) -> str:
    """Return the token in an ``Authorization`` header; "" if there is none."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() in SCHEMES else ""


def has_invalid_format(authorization: str) -> bool:
    """Return whether the header is present but without a supported scheme or a token."""
    return bool(authorization.strip()) and not bearer_token(authorization)


class RequestAuth:
    """The user of a request's access token, checked at first use.

    An invalid token is an error only for operations that need a user: clients send an expired
    token with the operation that renews it.
    """

    def __init__(self, authorization: str) -> None:
        self._authorization = authorization

    def __call__(self) -> User | None:
        """Return the user, or None without a token. Raises ``TokenError`` if it is invalid.

        The result is kept: repeated calls make one query at most.
        """
        if isinstance(self._user_or_error, TokenError):
            raise TokenError(self._user_or_error.code)
        return self._user_or_error

    @property
    def has_invalid_format(self) -> bool:
        """Whether a header was sent that cannot be read; see ``AUTHORIZATION_FORMAT``."""
        return has_invalid_format(self._authorization)

    @property
    def subject(self) -> str:
        """The user id in the token, without a query; "" without a token that we signed."""
        return str(self._claims["sub"]) if isinstance(self._claims, dict) else ""

    @cached_property
    def _claims(self) -> Payload | TokenError | None:
        token = bearer_token(self._authorization)
        if not token:
            return None
        try:
            return access_tokens.decode(token)
        except TokenError as error:
            return error

    @cached_property
    def _user_or_error(self) -> User | TokenError | None:
        if not isinstance(self._claims, dict):
            return self._claims
        try:
            return access_tokens.user_for_claims(self._claims)
        except TokenError as error:
            return error


class TokenRequest(HttpRequest):
    """A request after ``token_user_middleware``."""

    token_user: RequestAuth
    correlation_id: str  # the request id in logs; set by django-guid


def token_user_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[TokenRequest], HttpResponse]:
    """Set ``request.token_user``. Sessions and cookies are ignored."""

    def middleware(request: TokenRequest) -> HttpResponse:
        request.token_user = RequestAuth(request.headers.get("Authorization", ""))
        return get_response(request)

    return middleware
