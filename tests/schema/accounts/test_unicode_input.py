"""Text over the API and in the admin: composed letters, readable names, telephone numbers."""

import unicodedata
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from clinic.models import Doctor, Patient
from tests.support.admin_client import AdminClient
from tests.support.api_client import Api, sign_in
from tests.support.fixtures.people import EVA, NEW_PASSWORD, PASSWORD
from tests.support.graphql_responses import root_value, validation_info
from users.models import User

pytestmark = pytest.mark.django_db

COMPOSED = "Pässwörd für Zoë"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
NOT_VISIBLE = "This name contains characters that cannot be seen. Remove them."
NO_LETTER = "Enter a name with at least one letter."
INVALID_PHONE = (
    "Enter a valid telephone number, such as +49 30 123456, without letters and without an "
    "extension."
)
BLANK_PASSWORD = "The password consists of blanks only. Choose one with other characters."


def register(api: Api, **changes: str) -> Any:
    return root_value(api("Register", {"input": {**EVA, **changes}}))


def can_sign_in(api: Api, email: str, password: str) -> bool:
    return "errors" not in sign_in(api, email, password)


def can_sign_in_to_admin(email: str, password: str) -> bool:
    page = Client().post("/admin/login/", {"username": email, "password": password})
    return page.status_code == 302


@pytest.mark.parametrize("stored", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED])
def test_token_auth_accepts_a_password_in_either_normalization_form(
    api: Api, stored: str, typed: str
) -> None:
    register(api, password=stored)
    User.objects.update(is_staff=True)
    assert can_sign_in(api, EVA["email"], typed)
    assert can_sign_in_to_admin(EVA["email"], typed)
    assert not can_sign_in(api, EVA["email"], f"{typed}!")


def test_token_auth_accepts_a_password_that_an_earlier_release_hashed_as_typed(api: Api) -> None:
    register(api)
    User.objects.update(password=make_password(DECOMPOSED))
    assert can_sign_in(api, EVA["email"], DECOMPOSED)
    assert not can_sign_in(api, EVA["email"], COMPOSED)


def test_change_password_accepts_the_old_one_in_either_form(api: Api) -> None:
    register(api, password=COMPOSED)
    sent = {"oldPassword": DECOMPOSED, "newPassword": NEW_PASSWORD}
    user = User.objects.get()
    answer = root_value(api("ChangePassword", {"input": sent}, user=user))
    assert answer["__typename"] == "User"
    assert can_sign_in(api, EVA["email"], NEW_PASSWORD)


@pytest.mark.parametrize("blank", [" " * 12, "\u3000" * 12, "\u200b" * 12, "\u3164\u2800" * 6])
def test_password_of_blanks_is_rejected_at_every_door(api: Api, sam: User, blank: str) -> None:
    error = ("password_not_visible", BLANK_PASSWORD)
    assert register(api, password=blank) == validation_info(("password", *error))
    sent = {"oldPassword": PASSWORD, "newPassword": blank}
    answer = root_value(api("ChangePassword", {"input": sent}, user=sam))
    assert answer == validation_info(("newPassword", *error))
    passwords = {"old_password": PASSWORD, "new_password1": blank, "new_password2": blank}
    page = AdminClient(sam).client.post("/admin/password_change/", passwords)
    assert page.context["form"].errors == {"new_password2": [BLANK_PASSWORD]}


@pytest.mark.parametrize("field", ["firstName", "lastName"])
def test_register_stores_names_composed_and_with_single_blanks(api: Api, field: str) -> None:
    decomposed = unicodedata.normalize("NFD", "\u00a0Zoë  Müller\t")
    answer = register(api, **{field: decomposed})
    assert answer[field] == "Zoë Müller"


@pytest.mark.parametrize("field", ["firstName", "lastName"])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("\u200b", NOT_VISIBLE),
        ("\u3164", NOT_VISIBLE),
        ("\u2800", NOT_VISIBLE),
        ("Eva\u202egro.elpmaxe", NOT_VISIBLE),
        ("123", NO_LETTER),
    ],
)
def test_register_rejects_names_that_cannot_be_read(
    api: Api, field: str, name: str, message: str
) -> None:
    assert register(api, **{field: name}) == validation_info((field, "invalid", message))
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["\u3164", "Ann\u202e", "12"])
def test_admin_and_createsuperuser_reject_names_that_cannot_be_read(
    sam: User, ann: Patient, name: str
) -> None:
    form = AdminClient(sam).save(f"users/user/{ann.user_id}/change/", first_name=name)
    assert form.errors["first_name"] in ([NOT_VISIBLE], [NO_LETTER])
    with pytest.raises(ValidationError):
        User._meta.get_field("first_name").clean(name, None)  # noqa: SLF001 - as the command does


@pytest.mark.parametrize("blank", [" " * 12, "\u3164" * 12])
def test_createsuperuser_rejects_a_password_of_blanks(
    monkeypatch: pytest.MonkeyPatch, blank: str
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", blank)
    names = {"first_name": "Zoe", "last_name": "Example", "email": "zoe@example.org"}
    with pytest.raises(CommandError, match=BLANK_PASSWORD):
        call_command("createsuperuser", interactive=False, verbosity=0, **names)


def test_password_length_counts_composed_letters_at_every_door(api: Api, sam: User) -> None:
    seven = unicodedata.normalize("NFD", "Pässwör")
    answer = register(api, password=seven)
    assert [message["code"] for message in answer["messages"]] == ["password_too_short"]
    passwords = {"old_password": PASSWORD, "new_password1": seven, "new_password2": seven}
    page = AdminClient(sam).client.post("/admin/password_change/", passwords)
    assert "too short" in page.context["form"].errors["new_password2"][0]


def test_createsuperuser_stores_names_composed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", DECOMPOSED)
    decomposed = unicodedata.normalize("NFD", "Zoë")
    names = {"first_name": decomposed, "last_name": "Example", "email": "zoe@example.org"}
    call_command("createsuperuser", interactive=False, verbosity=0, **names)
    user = User.objects.get(email="zoe@example.org")
    assert (user.first_name, user.check_password(COMPOSED)) == ("Zoë", True)


def upsert(api: Api, user: User, **profile: object) -> Any:
    return root_value(api("UpsertProfile", {"input": profile}, user=user))


@pytest.mark.parametrize(
    "phone", ["+49 30 123456 (Sohn)", "030 123456 Oma", "030 123456 ext. 12", "1-800-FLOWERS"]
)
def test_upsert_profile_rejects_phone_numbers_that_would_change(
    api: Api, dora: Doctor, ann: Patient, phone: str
) -> None:
    assert [
        upsert(api, dora.user, doctor={"phoneNumber": phone}),
        upsert(api, ann.user, patient={"emergencyContactPhone": phone}),
    ] == [
        validation_info(("doctor.phoneNumber", "invalid", INVALID_PHONE)),
        validation_info(("patient.emergencyContactPhone", "invalid", INVALID_PHONE)),
    ]
    dora.refresh_from_db()
    assert str(dora.phone_number) == "+4930123456"


@pytest.mark.parametrize("phone", ["+49 30 123456 (Sohn)", "030 123456 ext. 12"])
def test_admin_rejects_phone_numbers_that_would_change(
    sam: User, dora: Doctor, ann: Patient, phone: str
) -> None:
    admin = AdminClient(sam)
    doctor = admin.save(f"clinic/doctor/{dora.pk}/change/", phone_number=phone)
    patient = admin.save(f"clinic/patient/{ann.pk}/change/", emergency_contact_phone=phone)
    assert [*doctor.errors, *patient.errors] == ["phone_number", "emergency_contact_phone"]


def test_upsert_profile_stores_text_composed(api: Api, dora: Doctor, ann: Patient) -> None:
    text = "Pädiatrie"
    decomposed = unicodedata.normalize("NFD", text)
    doctor = upsert(api, dora.user, doctor={"specialty": decomposed})
    changes = {"address": decomposed, "emergencyContactName": decomposed}
    patient = upsert(api, ann.user, patient=changes)
    assert [doctor["specialty"], patient["address"], patient["emergencyContactName"]] == [text] * 3


@pytest.mark.parametrize("specialty", ["\u3164", "Heart\u202e", "42"])
def test_upsert_profile_rejects_specialties_that_cannot_be_read(
    api: Api, dora: Doctor, specialty: str
) -> None:
    answer = upsert(api, dora.user, doctor={"specialty": specialty})
    assert [message["field"] for message in answer["messages"]] == ["doctor.specialty"]
