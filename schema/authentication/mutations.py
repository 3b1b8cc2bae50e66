"""Sign-in, token renewal and sign-out."""

from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from schema.authentication.types import ObtainJSONWebToken, Refresh, Revoke, Verify
from schema.core.context import Info
from schema.core.errors import CodedError, ErrorCode
from schema.core.inputs import Email
from users import accounts
from users.accounts import InvalidCredentials
from users.authentication import access_tokens, refresh_tokens
from users.authentication.second_factor import CodeRequired, InvalidCode

Password = Annotated[str, strawberry.argument(description="Password of the account.")]
OneTimeCode = Annotated[
    str | None,
    strawberry.argument(
        description="Code of the authenticator app, or a recovery code, for accounts with a second "
        "factor. Ignored for other accounts."
    ),
]
AccessToken = Annotated[str, strawberry.argument(description="Access token to verify.")]
RefreshToken = Annotated[
    str, strawberry.argument(description="Refresh token from `tokenAuth` or `refreshToken`.")
]


@strawberry.type
class TokenMutation:
    @strawberry.mutation(
        description="Sign in with email address and password. Fails with the error code "
        "INVALID_CREDENTIALS for an unknown email address, a wrong password and a disabled account "
        "alike. An account with a second factor gets OTP_REQUIRED without `otp`, and OTP_INVALID "
        "for a code that is wrong or was used before: repeat the call with `otp`. Needs no access "
        "token."
    )
    def token_auth(
        self, info: Info, email: Email, password: Password, otp: OneTimeCode = None
    ) -> ObtainJSONWebToken:
        try:
            session = accounts.sign_in(email, password, info.context.request, code=otp)
        except InvalidCredentials as error:
            raise CodedError(ErrorCode.INVALID_CREDENTIALS, str(error)) from error
        except CodeRequired as error:
            raise CodedError(ErrorCode.OTP_REQUIRED, str(error)) from error
        except InvalidCode as error:
            raise CodedError(ErrorCode.OTP_INVALID, str(error)) from error
        info.context.credential_user = session.user
        return ObtainJSONWebToken(session=session)

    @strawberry.mutation(
        description="Verify an access token and return its claims. Fails with the error code "
        "TOKEN_EXPIRED or TOKEN_INVALID if the token cannot be used. Needs no access token."
    )
    def verify_token(self, token: AccessToken) -> Verify:
        payload = access_tokens.decode(token)
        access_tokens.user_for_claims(payload)
        return Verify(payload=JSON(payload))

    @strawberry.mutation(
        description="Exchange a refresh token for a new access token and a new refresh token. A "
        "refresh token can be used once. If it is used again within 30 seconds, for example "
        "because the response was lost, the same new refresh token is returned; later reuse "
        "revokes the session. Needs no access token."
    )
    def refresh_token(self, refresh_token: RefreshToken) -> Refresh:
        return Refresh(session=refresh_tokens.rotate(refresh_token))

    @strawberry.mutation(
        description="Sign out: revoke the session that this refresh token belongs to, including "
        "its access tokens. Can be repeated safely. Needs no access token."
    )
    def revoke_token(self, refresh_token: RefreshToken) -> Revoke:
        revoked_at = refresh_tokens.revoke(refresh_token)
        return Revoke(revoked=int(revoked_at.timestamp()))
