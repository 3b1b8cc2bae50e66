from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from schema.accounts.inputs import Email
from schema.authentication.types import ObtainJSONWebToken, Refresh, Revoke, Verify
from schema.core.context import Info
from schema.core.errors import CodedError, ErrorCode
from users import accounts
from users.accounts import InvalidCredentials
from users.authentication import access_tokens, refresh_tokens

Password = Annotated[str, strawberry.argument(description="Password.")]
AccessToken = Annotated[str, strawberry.argument(description="An access token.")]
RefreshToken = Annotated[str, strawberry.argument(description="A refresh token.")]


@strawberry.type
class TokenMutation:
    @strawberry.mutation(
        description="Sign in. One answer, INVALID_CREDENTIALS, for an unknown address, a wrong "
        "password and a disabled account."
    )
    def token_auth(self, info: Info, email: Email, password: Password) -> ObtainJSONWebToken:
        try:
            sign_in = accounts.sign_in(email, password, info.context.request)
        except InvalidCredentials as error:
            raise CodedError(ErrorCode.INVALID_CREDENTIALS, str(error)) from error
        info.context.credential_user = sign_in.user
        return ObtainJSONWebToken(sign_in=sign_in)

    @strawberry.mutation(description="What an access token says, if it is still good.")
    def verify_token(self, token: AccessToken) -> Verify:
        payload = access_tokens.decode(token)
        access_tokens.user_for_claims(payload)
        return Verify(payload=JSON(payload))

    @strawberry.mutation(
        description="Exchange a refresh token for a new access token and the next refresh token. "
        "It is good for one exchange; asked again within 30 seconds, because the answer was lost, "
        "it gives the same next token. Used later than that, it ends the whole sign-in."
    )
    def refresh_token(self, refresh_token: RefreshToken) -> Refresh:
        return Refresh(sign_in=refresh_tokens.rotate(refresh_token))

    @strawberry.mutation(
        description="Sign out: end the sign-in this refresh token belongs to, its access tokens "
        "included. It may be repeated."
    )
    def revoke_token(self, refresh_token: RefreshToken) -> Revoke:
        revoked_at = refresh_tokens.revoke(refresh_token)
        return Revoke(revoked=int(revoked_at.timestamp()))
