"""Telephone numbers: stored with the digits that were typed, or rejected."""

from typing import cast

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.migrations.state import StateApps
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumber_field.modelfields import PhoneNumberField as LibraryField

from clinic.models import Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import write
from tests.support.scale import HYPOTHESIS
from users.fields import PhoneNumberField, store_in_nfc

SEPARATORS = st.text(" -./()\u00a0\u2013", max_size=2)


def stored(typed: str) -> str | None:
    """Return the number as stored, or None if it is rejected."""
    doctor = Doctor(phone_number=typed)
    try:
        doctor.clean_fields(exclude=["user", "specialty", "experience_years", "slot_minutes"])
    except ValidationError:
        return None
    return str(doctor.phone_number)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("030 123456", "+4930123456"),
        ("(030) 123-456", "+4930123456"),
        ("030/123456", "+4930123456"),
        ("+49 30 123456", "+4930123456"),
        ("+49 (0)30 123456", "+4930123456"),
        ("0049 30 123456", "+4930123456"),
        ("\uff0b49 30 123456", "+4930123456"),
        ("\u0660\u0663\u0660 \u0661\u0662\u0663\u0664\u0665\u0666", "+4930123456"),
        ("+44 20 7946 0000", "+442079460000"),
        ("+39 06 69812345", "+390669812345"),
        ("+1 212 555 0123", "+12125550123"),
    ],
)
def test_phone_number_is_stored_with_the_typed_digits(typed: str, number: str) -> None:
    assert stored(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "+49 30 123456 (Sohn)",
        "030 123456 Oma",
        "Oma 030 123456",
        "030 123456 ext. 12",
        "030 123456 x12",
        "030 123456;ext=12",
        "030 123456,,12",
        "030 123456#12",
        "030 123456~12",
        "tel:+4930123456;phone-context=example.org",
        "1-800-FLOWERS",
        "030 123456 / 030 654321",
        "+49 30 123456 +49 30 654321",
        "030 12\u0430456",
        "*21*030123456#",
    ],
)
def test_phone_number_with_other_digits_letters_or_extension_is_rejected(typed: str) -> None:
    assert stored(typed) is None


@settings(HYPOTHESIS)
@given(st.data())
def test_phone_number_is_stored_with_the_typed_digits_however_separated(
    data: st.DataObject,
) -> None:
    number = "30" + data.draw(st.text("123456789", min_size=6, max_size=6))
    prefix = data.draw(st.sampled_from(["+49", "0049", "0"]))
    typed = prefix + "".join(data.draw(SEPARATORS) + digit for digit in number)
    assert stored(typed) in {f"+49{number}", None}


@settings(HYPOTHESIS)
@given(st.text("0123456789+ ()-", max_size=12), st.text(min_size=1, max_size=4))
def test_phone_number_never_gains_digits_from_other_text(digits: str, text: str) -> None:
    number = stored(digits + text)
    typed = [c for c in digits + text if c.isdecimal()]
    assert number is None or len(number) - 1 <= len(typed) + len("49")


def test_phone_number_that_differs_in_extension_only_is_not_taken_for_unchanged() -> None:
    names = ["id", "phone_number"]
    doctor = Doctor.from_db("default", names, [1, "+4930123456"])
    assert doctor.changed_fields() == set()
    setattr(doctor, "phone_number", "+49 30 123456 ext. 12")  # noqa: B010 - typed as a number
    assert doctor.changed_fields() == {"phone_number"}


def test_phone_number_fields_of_all_models_check_the_digits() -> None:
    fields = [
        field
        for model in apps.get_models()
        for field in model._meta.get_fields()  # noqa: SLF001 - documented by Django
        if isinstance(field, LibraryField)
    ]
    assert [type(field) for field in fields] == [PhoneNumberField] * 3


@pytest.mark.django_db
def test_store_in_nfc_converts_rows_of_earlier_releases_and_finds_them(
    api: Api, dora: Doctor, ann: Patient
) -> None:
    decomposed, composed = "Pa\u0308diatrie", "P\u00e4diatrie"
    write(dora, specialty=decomposed)
    # Outside a migration: SQLite's schema editor cannot be entered in a transaction.
    editor = connection.schema_editor()
    registry = cast("StateApps", apps)
    store_in_nfc(registry, editor, model="clinic.Doctor", fields=["specialty"])
    dora.refresh_from_db()
    assert dora.specialty == composed
    query = "query ($s: String) { doctors(filters: { specialty: { exact: $s } }) { totalCount } }"
    counts = [
        api(query, {"s": text}, user=ann.user)["data"]["doctors"]["totalCount"]
        for text in (composed, decomposed)
    ]
    assert counts == [1, 1]
