"""Tests of User and RefreshToken: validation, constraints, end of sessions."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.utils import timezone

from tests.support.fixtures.people import make_user
from users.models import Gender, RefreshToken, Role, User

pytestmark = pytest.mark.django_db

EVA = {"email": "eva@example.org", "first_name": "Eva", "last_name": "Example"}
CASE_SENSITIVE = "mysql" not in connection.vendor


def test_get_by_natural_key_normalizes_email() -> None:
    eva = make_user("Eva")
    assert User.objects.get_by_natural_key(" EVA@Example.org ") == eva


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"email": "Eva@example.org"}, "user_email_is_lower_case"),
        ({"first_name": ""}, "user_has_a_name"),
        ({"last_name": ""}, "user_has_a_name"),
        ({"gender": "unknown"}, "user_gender_is_known"),
    ],
)
def test_constraints_reject_invalid_bulk_update(change: dict[str, str], constraint: str) -> None:
    if constraint == "user_email_is_lower_case" and not CASE_SENSITIVE:
        pytest.skip("this database compares text case-insensitively")
    make_user("Eva")
    with pytest.raises(IntegrityError, match=constraint):
        User.objects.update(**change)


def test_save_marks_an_address_that_is_not_canonical_until_it_is_changed() -> None:
    eva = User.objects.create(**{**EVA, "email": "eva@straße.de"})
    marks = [eva.email_needs_review]
    for email in ("eva@xn--strae-oqa.de", "ëva@example.org", "eva@example.org"):
        eva.email = email
        eva.save(update_fields=["email"])
        eva.refresh_from_db()
        marks.append(eva.email_needs_review)
    assert marks == [True, False, True, False]


def test_email_is_unique_in_the_database() -> None:
    make_user("Eva")
    with pytest.raises(IntegrityError):
        User.objects.create(**EVA)


def test_full_clean_normalizes_before_validation() -> None:
    eva = User(email=" EVA@example.org ", first_name=" Eva ", last_name="\tExample\n")
    eva.full_clean(exclude=["password"])
    assert (eva.email, eva.first_name, eva.last_name) == ("eva@example.org", "Eva", "Example")


@pytest.mark.parametrize("blank", [None, "", "  "])
@pytest.mark.django_db
def test_full_clean_stores_blank_email_as_null_also_of_several_people(blank: str | None) -> None:
    for _number in range(2):
        user = User(**{**EVA, "email": blank})
        user.full_clean(exclude=["password"])
        user.save()
    assert set(User.objects.values_list("email", flat=True)) == {None}


@pytest.mark.parametrize("field", ["first_name", "last_name"])
@pytest.mark.parametrize("blank", ["", "  "])
def test_full_clean_rejects_blank_names(field: str, blank: str) -> None:
    with pytest.raises(ValidationError) as caught:
        User(**{**EVA, field: blank}).full_clean(exclude=["password"])
    assert {name: [e.code for e in errors] for name, errors in caught.value.error_dict.items()} == {
        field: ["blank"]
    }


@pytest.mark.parametrize(
    ("flags", "roles"),
    [
        ({}, set()),
        ({"is_doctor": True}, {Role.DOCTOR}),
        ({"is_patient": True}, {Role.PATIENT}),
        ({"is_doctor": True, "is_patient": True}, {Role.DOCTOR, Role.PATIENT}),
    ],
)
def test_has_role_supports_both_roles(flags: dict[str, bool], roles: set[Role]) -> None:
    user = User(**EVA, **flags)
    assert {role for role in Role if user.has_role(role)} == roles


def test_new_user_is_not_staff_and_has_undisclosed_gender() -> None:
    user = make_user("Eva")
    assert (user.is_staff, user.is_superuser, user.gender) == (False, False, Gender.UNDISCLOSED)


@pytest.mark.parametrize("with_name", [True, False])
def test_str_of_user_is_name_or_email(with_name: bool) -> None:  # noqa: FBT001 - pytest's
    user = User(**EVA) if with_name else User(email=EVA["email"])
    assert str(user) == ("Eva Example" if with_name else "eva@example.org")


def create_refresh_token(user: User) -> RefreshToken:
    expires_at = timezone.now() + dt.timedelta(days=1)
    return RefreshToken.objects.create(user=user, token_hash="0" * 64, expires_at=expires_at)


@pytest.mark.parametrize("end", ["password", "is_active"])
def test_save_ends_sessions_after_new_password_or_deactivation(end: str) -> None:
    user = make_user("Eva")
    token = create_refresh_token(user)
    if end == "password":
        user.set_password("a fresh long secret")
    else:
        user.is_active = False
    assert RefreshToken.objects.live().count() == 1
    user.save()
    token.refresh_from_db()
    assert token.revoked_at == timezone.now()


@pytest.mark.parametrize("change", [{"first_name": "Eve"}, {"is_staff": True}, {}])
def test_save_of_other_fields_ends_no_session(change: dict[str, Any]) -> None:
    user = make_user("Eva")
    create_refresh_token(user)
    for name, value in change.items():
        setattr(user, name, value)
    user.save()
    assert RefreshToken.objects.live().count() == 1


def test_constraint_rejects_refresh_token_that_expires_at_creation() -> None:
    with pytest.raises(IntegrityError, match="refresh_token_expires_after_creation"):
        RefreshToken.objects.create(
            user=make_user("Eva"), token_hash="0" * 64, expires_at=timezone.now()
        )
