"""The `register`, `me` and `updateAccount` operations."""

import pytest

from tests.support.api_client import Api, sign_in
from tests.support.fixtures.people import EVA, NEW_PASSWORD, PASSWORD, make_user
from tests.support.graphql_responses import root_value, validation_info
from users.models import Gender, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    """A patient without a profile."""
    return make_user("Ann", is_patient=True)


@pytest.fixture
def token(api: Api, ann: User) -> str:
    """Ann's access token, from `tokenAuth`."""
    access_token: str = sign_in(api, ann.email, PASSWORD)["data"]["tokenAuth"]["token"]
    return access_token


@pytest.mark.parametrize("role", ["DOCTOR", "PATIENT"])
def test_register_creates_account_with_one_role_and_without_staff_rights(
    api: Api, role: str
) -> None:
    sent = {**EVA, "email": " Eva@EXAMPLE.org ", "firstName": " Eva ", "role": role}
    answer = root_value(api("Register", {"input": sent}))
    assert answer == {
        "__typename": "User",
        "id": answer["id"],
        "email": "eva@example.org",
        "firstName": "Eva",
        "lastName": "Example",
        "isDoctor": role == "DOCTOR",
        "isPatient": role == "PATIENT",
        "gender": "UNDISCLOSED",
    }
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert user.check_password(PASSWORD)
    assert "errors" not in sign_in(api, "eva@example.org", PASSWORD)


@pytest.mark.parametrize("gender", [*Gender.names, None])
def test_register_accepts_optional_gender(api: Api, gender: str | None) -> None:
    answer = root_value(api("Register", {"input": {**EVA, "gender": gender}}))
    assert answer["gender"] == (gender or "UNDISCLOSED")


@pytest.mark.parametrize("field", ["isStaff", "isSuperuser", "isActive", "isDoctor", "id"])
def test_register_rejects_unknown_fields(api: Api, field: str) -> None:
    answer = api("Register", {"input": {**EVA, field: True}})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert not User.objects.exists()


def test_register_reports_all_errors_at_once(api: Api) -> None:
    sent = {**EVA, "email": "eva", "password": "123", "firstName": "  ", "lastName": "x" * 151}
    assert root_value(api("Register", {"input": sent})) == validation_info(
        ("email", "invalid", "Enter a valid email address."),
        ("firstName", "required", "This field cannot be blank."),
        (
            "lastName",
            "max_length",
            "Ensure this value has at most 150 characters (it has 151).",
        ),
        (
            "password",
            "password_too_short",
            "This password is too short. It must contain at least 8 characters.",
        ),
        ("password", "password_too_common", "This password is too common."),
        ("password", "password_entirely_numeric", "This password is entirely numeric."),
    )
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("password", "code"), [("", "required"), ("eva@example.org", "password_too_similar")]
)
def test_register_reports_bad_password_under_password(api: Api, password: str, code: str) -> None:
    answer = root_value(api("Register", {"input": {**EVA, "password": password}}))
    assert [(m["field"], m["code"]) for m in answer["messages"]] == [("password", code)]


@pytest.mark.parametrize("email", ["ann@example.org", "ANN@EXAMPLE.ORG", " Ann@Example.org"])
def test_register_rejects_existing_email_case_insensitively(
    api: Api, ann: User, email: str
) -> None:
    answer = root_value(api("Register", {"input": {**EVA, "email": email}}))
    assert answer == validation_info(
        ("email", "unique", "User with this Email address already exists.")
    )
    assert User.objects.get() == ann


@pytest.mark.parametrize("name", ["Ann\nBcc: x@example.org", "Ann\u2028Lee", "\u0085Ann\u0007"])
def test_register_rejects_control_characters_in_name(api: Api, name: str) -> None:
    answer = root_value(api("Register", {"input": {**EVA, "firstName": name}}))
    assert answer == validation_info(
        (
            "firstName",
            "invalid",
            "This name contains characters that cannot be seen. Remove them.",
        )
    )


def test_me_returns_own_account(api: Api, token: str) -> None:
    query = "{ me { id email firstName lastName gender isDoctor isPatient avatarUrl } }"
    answer = root_value(api(query, token=token))
    assert answer == {
        "id": answer["id"],
        "email": "ann@example.org",
        "firstName": "Ann",
        "lastName": "Example",
        "gender": "UNDISCLOSED",
        "isDoctor": False,
        "isPatient": True,
        "avatarUrl": None,
    }


@pytest.mark.parametrize(
    ("sent", "changed"),
    [
        ({}, {}),
        ({"firstName": " Anna "}, {"firstName": "Anna"}),
        ({"gender": "FEMALE"}, {"gender": "FEMALE"}),
        ({"gender": None}, {"gender": "UNDISCLOSED"}),
        ({"firstName": "A", "lastName": "B"}, {"firstName": "A", "lastName": "B"}),
    ],
)
def test_update_account_changes_only_sent_fields(
    api: Api, ann: User, token: str, sent: dict[str, str], changed: dict[str, str]
) -> None:
    User.objects.filter(pk=ann.pk).update(gender=Gender.OTHER)
    before = {"firstName": "Ann", "lastName": "Example", "gender": "OTHER"}
    answer = root_value(api("UpdateAccount", {"input": sent}, token=token))
    expected = {"__typename": "User", "id": answer["id"], **before, **changed}
    assert answer == expected
    stored = User.objects.get()
    assert (stored.first_name, stored.last_name, stored.gender.upper()) == (
        expected["firstName"],
        expected["lastName"],
        expected["gender"],
    )


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_update_account_rejects_blank_name(api: Api, token: str, blank: str | None) -> None:
    answer = root_value(api("UpdateAccount", {"input": {"lastName": blank}}, token=token))
    assert answer == validation_info(("lastName", "required", "This field cannot be blank."))
    assert User.objects.get().last_name == "Example"


@pytest.mark.parametrize(
    ("operation", "variables"),
    [
        ("UpdateAccount", {"input": {}}),
        ("ChangePassword", {"input": {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}}),
    ],
)
def test_account_mutations_require_authentication(
    api: Api, operation: str, variables: dict[str, object]
) -> None:
    answer = api(operation, variables)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
