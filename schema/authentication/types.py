"""What signing in gives, named as django-graphql-jwt's documentation has it."""

from typing import cast

import strawberry
from strawberry.scalars import JSON

from schema.accounts.types import User
from users.authentication.refresh_tokens import Session

PAYLOAD = "The claims of the access token."


@strawberry.type(description="What a refresh token was exchanged for.")
class Refresh:
    sign_in: strawberry.Private[Session]

    @strawberry.field(
        description="The access token, for the header `Authorization: JWT …` (or `Bearer …`)."
    )
    def token(self) -> str:
        return self.sign_in.access_token

    @strawberry.field(description=PAYLOAD)
    def payload(self) -> JSON:
        return JSON(self.sign_in.payload)

    @strawberry.field(description="Good for one `refreshToken`, which gives the next one.")
    def refresh_token(self) -> str:
        return self.sign_in.refresh_token

    @strawberry.field(description="When the refresh token expires, in Unix seconds.")
    def refresh_expires_in(self) -> int:
        return int(self.sign_in.refresh_expires_at.timestamp())


@strawberry.type(description="What signing in gives.")
class ObtainJSONWebToken(Refresh):
    @strawberry.field(description="Who signed in.")
    def user(self) -> User:
        return cast("User", self.sign_in.user)


@strawberry.type(description="What a good access token says.")
class Verify:
    payload: JSON = strawberry.field(description=PAYLOAD)


@strawberry.type(description="The end of a sign-in.")
class Revoke:
    revoked: int = strawberry.field(description="When it ended, in Unix seconds.")
