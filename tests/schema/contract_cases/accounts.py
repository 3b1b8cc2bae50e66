"""Accounts and tokens."""

from typing import Any

from tests.schema.contract_cases.world import Scene, Stage
from tests.support.fixtures.people import NEW_PASSWORD, PASSWORD
from tests.support.global_ids import id_of
from users import accounts, password_reset
from users.authentication import access_tokens, refresh_tokens
from users.models import User

REFRESH_EXPIRES = 1772434800 + 14 * 24 * 3600


def register(_stage: Stage) -> Scene:
    def expected(_got: Any) -> dict[str, Any]:
        return {
            "register": {
                "__typename": "User",
                "id": id_of(User.objects.get(email="eva@example.org")),
                "email": "eva@example.org",
                "firstName": "Eva",
                "lastName": "Example",
                "isDoctor": False,
                "isPatient": True,
                "gender": "FEMALE",
            }
        }

    sent = {
        "email": "Eva@Example.org",
        "password": PASSWORD,
        "firstName": "Eva",
        "lastName": "Example",
        "role": "PATIENT",
        "gender": "FEMALE",
    }
    return Scene(expected, {"input": sent})


def token_auth(stage: Stage) -> Scene:
    user = stage.ann.user

    def expected(got: Any) -> dict[str, Any]:
        given = got["tokenAuth"]
        assert access_tokens.authenticate(given["token"]) == user
        assert refresh_tokens.rotate(given["refreshToken"]).user == user
        return {
            "tokenAuth": {
                "token": given["token"],
                "payload": access_tokens.decode(given["token"]),
                "refreshToken": given["refreshToken"],
                "refreshExpiresIn": REFRESH_EXPIRES,
                "user": {
                    "id": id_of(user),
                    "email": "ann@example.org",
                    "isDoctor": False,
                    "isPatient": True,
                },
            }
        }

    return Scene(expected, {"email": "ann@example.org", "password": PASSWORD})


def verify_token(stage: Stage) -> Scene:
    token = refresh_tokens.start(stage.ann.user).access_token
    return Scene({"verifyToken": {"payload": access_tokens.decode(token)}}, {"token": token})


def refresh_token(stage: Stage) -> Scene:
    def expected(got: Any) -> dict[str, Any]:
        given = got["refreshToken"]
        assert access_tokens.authenticate(given["token"]) == stage.ann.user
        assert refresh_tokens.rotate(given["refreshToken"]).user == stage.ann.user
        return {
            "refreshToken": {
                "token": given["token"],
                "payload": access_tokens.decode(given["token"]),
                "refreshToken": given["refreshToken"],
                "refreshExpiresIn": REFRESH_EXPIRES,
            }
        }

    token = accounts.sign_in("ann@example.org", PASSWORD).refresh_token
    return Scene(expected, {"refreshToken": token})


def revoke_token(stage: Stage) -> Scene:
    token = refresh_tokens.start(stage.ann.user).refresh_token
    return Scene({"revokeToken": {"revoked": 1772434800}}, {"refreshToken": token})


def change_password(stage: Stage) -> Scene:
    user = stage.ann.user
    return Scene(
        {"changePassword": {"__typename": "User", "id": id_of(user)}},
        {"input": {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}},
        user,
    )


def request_password_reset(_stage: Stage) -> Scene:
    return Scene({"requestPasswordReset": True}, {"email": "ann@example.org"})


def reset_password(stage: Stage) -> Scene:
    user = stage.ann.user
    return Scene(
        {"resetPassword": {"__typename": "User", "id": id_of(user)}},
        {
            "input": {
                "token": password_reset.make_token(user),
                "newPassword": NEW_PASSWORD,
            }
        },
    )


def update_account(stage: Stage) -> Scene:
    user = stage.ann.user
    changed = {"firstName": "Anna", "lastName": "Sample", "gender": "OTHER"}
    return Scene(
        {"updateAccount": {"__typename": "User", "id": id_of(user), **changed}},
        {"input": changed},
        user,
    )


def me(stage: Stage) -> Scene:
    user = stage.ann.user
    return Scene(
        {
            "me": {
                "id": id_of(user),
                "email": "ann@example.org",
                "firstName": "Ann",
                "lastName": "Example",
                "gender": "UNDISCLOSED",
                "isDoctor": False,
                "isPatient": True,
                "avatarUrl": None,
                "doctor": None,
                "patient": {
                    "id": id_of(stage.ann),
                    "dateOfBirth": "1990-05-17",
                    "address": "",
                    "emergencyContactName": "",
                    "emergencyContactPhone": "",
                },
            }
        },
        sender=user,
    )


def remove_avatar(stage: Stage) -> Scene:
    user = stage.ann.user
    answer = {"__typename": "User", "id": id_of(user), "avatarUrl": None}
    return Scene({"removeAvatar": answer}, sender=user)
