"""Who sent the request, by its ``Authorization`` header."""

from collections.abc import Callable
from functools import cached_property

from django.http import HttpRequest, HttpResponse

from users.authentication import access_tokens
from users.authentication.access_tokens import Payload, TokenError
from users.models import User

# ``JWT`` is what django-graphql-jwt's clients send, ``Bearer`` everybody else's
# (RFC 6750). Schemes are case-insensitive (RFC 9110, 11.1).
SCHEMES = frozenset({"jwt", "bearer"})


def bearer_token(authorization: str) -> str:
    """The token of an ``Authorization`` header; "" if it carries none of ours."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() in SCHEMES else ""


class RequestAuth:
    """Answers whose access token a request carries, when first asked.

    A bad token harms nobody who does not ask: clients send a stale one along with
    the very operation that renews it.
    """

    def __init__(self, authorization: str) -> None:
        self._authorization = authorization

    def __call__(self) -> User | None:
        """The account, or None without a token. Raises ``TokenError`` for a bad one.

        At most one query, however often it is asked.
        """
        if isinstance(self._answer, TokenError):
            raise TokenError(self._answer.code)
        return self._answer

    @property
    def subject(self) -> str:
        """Whose token it says it is, without a query; "" without a token that we signed."""
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
    def _answer(self) -> User | TokenError | None:
        if not isinstance(self._claims, dict):
            return self._claims
        try:
            return access_tokens.user_for_claims(self._claims)
        except TokenError as error:
            return error


class TokenRequest(HttpRequest):
    """What a request is once it has been through the middleware."""

    token_user: RequestAuth
    # Names the request, for the log; django-guid sets it.
    correlation_id: str
    # Of GraphQL, once it is known; for the log.
    operation_name: str | None


def token_user_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[TokenRequest], HttpResponse]:
    """Hang a ``RequestAuth`` on each request. Sessions and cookies have no say in it."""

    def middleware(request: TokenRequest) -> HttpResponse:
        request.token_user = RequestAuth(request.headers.get("Authorization", ""))
        return get_response(request)

    return middleware
