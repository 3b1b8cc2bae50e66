"""simplejwt with tokens that are invalid after their session ended."""

from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.tokens import RefreshToken, Token

from tests.benchmarks.peers.sessions import session_user
from users.authentication import refresh_tokens
from users.models import User


class SessionAuthentication(JWTAuthentication):
    def get_user(self, validated_token: Token) -> User:
        user = session_user(validated_token["sid"], pk=validated_token["user_id"])
        if user is None:
            raise AuthenticationFailed
        return user


class SessionTokenSerializer(TokenObtainPairSerializer):
    @classmethod
    def get_token(cls, user: User) -> RefreshToken:
        token: RefreshToken = super().get_token(user)
        token["sid"] = refresh_tokens.start(user).payload["sid"]
        return token
