"""Who is asking, and whether they may.

Queries refuse by a GraphQL error, mutations by data, and both by the same call:
``RoleRequired`` is a ``PermissionDenied``, which ``mutation`` turns into an
``OperationInfo`` and which elsewhere becomes ``FORBIDDEN``.
"""

from typing import cast

from clinic.refusals import RoleRequired
from schema.context import Info
from schema.errors import CodedError, ErrorCode
from users.middleware import TokenRequest
from users.models import Role, User
from users.tokens import TokenError


def token_error(error: TokenError) -> CodedError:
    """What a client is told of a token that is no good."""
    return CodedError(ErrorCode(error.code), str(error))


def require_user(info: Info) -> User:
    """Who sent the request. Raises ``CodedError`` without a good token."""
    request = cast("TokenRequest", info.context.request)
    try:
        user = request.token_user()
    except TokenError as error:
        raise token_error(error) from error
    if user is None:
        raise CodedError(ErrorCode.UNAUTHENTICATED, "Sign in first.")
    return user


def require_role(info: Info, role: Role) -> User:
    """Who sent the request, if they have this role; else raises ``RoleRequired``."""
    user = require_user(info)
    if not user.has_role(role):
        raise RoleRequired
    return user
