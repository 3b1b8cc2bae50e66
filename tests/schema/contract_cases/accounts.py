"""Contract cases of accounts and tokens."""

import datetime as dt
from typing import Any

from django.utils import timezone

from tests.schema.contract_cases.case import Case, Context
from tests.support.fixtures.people import NEW_PASSWORD, PASSWORD
from tests.support.global_ids import id_of
from users import accounts, one_time_links, password_reset
from users.authentication import access_tokens, refresh_tokens
from users.email_link import LIFETIMES
from users.models import Purpose, User

REFRESH_EXPIRES = 1772434800 + 14 * 24 * 3600


def register(_context: Context) -> Case:
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
    return Case(expected, {"input": sent})


def token_auth(context: Context) -> Case:
    user = context.ann.user

    def expected(got: Any) -> dict[str, Any]:
        tokens = got["tokenAuth"]
        assert access_tokens.authenticate(tokens["token"]) == user
        assert refresh_tokens.rotate(tokens["refreshToken"]).user == user
        return {
            "tokenAuth": {
                "token": tokens["token"],
                "payload": access_tokens.decode(tokens["token"]),
                "refreshToken": tokens["refreshToken"],
                "refreshExpiresIn": REFRESH_EXPIRES,
                "user": {
                    "id": id_of(user),
                    "email": "ann@example.org",
                    "isDoctor": False,
                    "isPatient": True,
                },
            }
        }

    return Case(expected, {"email": "ann@example.org", "password": PASSWORD})


def verify_token(context: Context) -> Case:
    token = refresh_tokens.start(context.ann.user).access_token
    return Case({"verifyToken": {"payload": access_tokens.decode(token)}}, {"token": token})


def refresh_token(context: Context) -> Case:
    def expected(got: Any) -> dict[str, Any]:
        tokens = got["refreshToken"]
        assert access_tokens.authenticate(tokens["token"]) == context.ann.user
        assert refresh_tokens.rotate(tokens["refreshToken"]).user == context.ann.user
        return {
            "refreshToken": {
                "token": tokens["token"],
                "payload": access_tokens.decode(tokens["token"]),
                "refreshToken": tokens["refreshToken"],
                "refreshExpiresIn": REFRESH_EXPIRES,
            }
        }

    token = accounts.sign_in("ann@example.org", PASSWORD).refresh_token
    return Case(expected, {"refreshToken": token})


def revoke_token(context: Context) -> Case:
    token = refresh_tokens.start(context.ann.user).refresh_token
    return Case({"revokeToken": {"revoked": 1772434800}}, {"refreshToken": token})


def change_password(context: Context) -> Case:
    user = context.ann.user
    return Case(
        {"changePassword": {"__typename": "User", "id": id_of(user)}},
        {"input": {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}},
        user,
    )


def request_password_reset(_context: Context) -> Case:
    return Case({"requestPasswordReset": True}, {"email": "ann@example.org"})


def reset_password(context: Context) -> Case:
    user = context.ann.user
    return Case(
        {"resetPassword": {"__typename": "User", "id": id_of(user)}},
        {
            "input": {
                "token": password_reset.make_token(user),
                "newPassword": NEW_PASSWORD,
            }
        },
    )


def update_account(context: Context) -> Case:
    user = context.ann.user
    changed = {"firstName": "Anna", "lastName": "Sample", "gender": "OTHER"}
    return Case(
        {"updateAccount": {"__typename": "User", "id": id_of(user), **changed}},
        {"input": changed},
        user,
    )


def request_email_verification(context: Context) -> Case:
    return Case({"requestEmailVerification": True}, sender=context.ann.user)


def verify_email(context: Context) -> Case:
    user, token = context.ann.user, "a token of a test"
    now = timezone.now()
    user.email_links.create(
        purpose=Purpose.VERIFY,
        address=user.email,
        token_hash=one_time_links.hash_of(token),
        created_at=now,
        expires_at=now + LIFETIMES[Purpose.VERIFY],
    )
    answer = {"id": id_of(user), "email": "ann@example.org", "emailVerified": True}
    return Case({"verifyEmail": {"__typename": "User", **answer}}, {"token": token})


def request_email_change(context: Context) -> Case:
    user = context.ann.user
    answer = {"__typename": "User", "id": id_of(user), "email": "ann@example.org"}
    sent = {"newEmail": "new@example.org", "password": PASSWORD}
    return Case({"requestEmailChange": answer}, {"input": sent}, user)


def invite_patient(context: Context) -> Case:
    ann = context.ann
    ann.user.email = None  # type: ignore[assignment]  # the stubs forget null=True
    ann.user.set_unusable_password()
    ann.user.save()
    ann.registering_doctor, ann.registered_on = context.dora, dt.date(2026, 3, 1)
    ann.save()
    name = {"firstName": "Ann", "lastName": "Example"}
    return Case(
        {"invitePatient": {"__typename": "Patient", "id": id_of(ann), "user": name}},
        {"input": {"patientId": id_of(ann), "email": "new@example.org"}},
        context.dora.user,
    )


def me(context: Context) -> Case:
    user = context.ann.user
    return Case(
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
                    "id": id_of(context.ann),
                    "dateOfBirth": "1990-05-17",
                    "address": "",
                    "emergencyContactName": "",
                    "emergencyContactPhone": "",
                },
            }
        },
        sender=user,
    )


def remove_avatar(context: Context) -> Case:
    user = context.ann.user
    answer = {"__typename": "User", "id": id_of(user), "avatarUrl": None}
    return Case({"removeAvatar": answer}, sender=user)
