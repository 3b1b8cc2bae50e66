"""Results of the token mutations. The names follow the documentation of django-graphql-jwt."""

from typing import cast

import strawberry
from strawberry.scalars import JSON

from schema.accounts.types import User
from users.authentication.refresh_tokens import Session

PAYLOAD = "Claims of the access token, as a JSON object. `exp` is its expiry in Unix seconds."


@strawberry.type(description="New tokens of a session.")
class Refresh:
    session: strawberry.Private[Session]

    @strawberry.field(
        description="Access token. Send it in the HTTP header `Authorization: JWT <token>` or "
        "`Authorization: Bearer <token>`."
    )
    def token(self) -> str:
        return self.session.access_token

    @strawberry.field(description=PAYLOAD)
    def payload(self) -> JSON:
        return JSON(self.session.payload)

    @strawberry.field(
        description="Refresh token. It can be passed to `refreshToken` once, which returns the "
        "next one."
    )
    def refresh_token(self) -> str:
        return self.session.refresh_token

    @strawberry.field(
        description="Time at which the refresh token expires, in seconds since the Unix epoch. "
        "This is not a duration."
    )
    def refresh_expires_in(self) -> int:
        return int(self.session.refresh_expires_at.timestamp())


@strawberry.type(description="Tokens of a new session and its user.")
class ObtainJSONWebToken(Refresh):
    @strawberry.field(description="The user who signed in.")
    def user(self) -> User:
        return cast("User", self.session.user)


@strawberry.type(description="Result of verifying an access token.")
class Verify:
    payload: JSON = strawberry.field(description=PAYLOAD)


@strawberry.type(description="Result of revoking a session.")
class Revoke:
    revoked: int = strawberry.field(
        description="Time at which the session was revoked, in seconds since the Unix epoch. "
        "Earlier than now if it was already revoked."
    )
