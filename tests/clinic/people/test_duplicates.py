"""Which people are likely duplicates of a person to register."""

import datetime as dt

import pytest
from phonenumber_field.phonenumber import to_python

from clinic.models import Patient
from clinic.people.duplicates import Identity, find_known
from tests.support.fixtures.people import make_user
from users.models import User

pytestmark = pytest.mark.django_db

BIRTH = dt.date(1990, 5, 17)
OTHER_DAY = dt.date(1990, 5, 18)
PHONE = "+4930123456"


def known_patient(first_name: str, last_name: str, phone: str = PHONE) -> Patient:
    user = User(first_name=first_name, last_name=last_name, is_patient=True)
    user.set_unusable_password()
    user.save()
    return Patient.objects.create(user=user, date_of_birth=BIRTH, phone_number=phone)


def known_names(
    first_name: str,
    last_name: str,
    date_of_birth: dt.date = BIRTH,
    phone: str = "",
    email: str | None = None,
) -> list[str]:
    identity = Identity(
        first_name=first_name,
        last_name=last_name,
        date_of_birth=date_of_birth,
        phone_number=to_python(phone),
        email=email,
    )
    return [person.name for person in find_known(identity)]


@pytest.mark.parametrize(
    ("known", "typed"),
    [
        (("Anna", "Müller"), ("ANNA", "muller")),
        (("Anna", "Müller"), ("Anna", "Mueller")),
        (("Jörg", "Weiß"), ("Joerg", "Weiss")),
        (("Anna", "Müller"), ("Müller", "Anna")),
        (("Anna-Lena", "Meyer-Roth"), ("Anna", "Meyer")),
        (("Anna", "Meyer"), ("Anna Lena", "Meyer-Roth")),
        (("Dr. Anna", "Meyer"), ("Anna", "Meyer")),
        (("Sean", "O\u2019Neill"), ("Seán", "O'Neill")),
        (("Ian", "MacDonald"), ("Ian", "Mac Donald")),
        (("Nguyễn", "Thị Hoa"), ("Hoa", "Nguyen Thi")),
    ],
)
def test_find_known_compares_names_as_people_spell_them(
    known: tuple[str, str], typed: tuple[str, str]
) -> None:
    known_patient(*known)
    assert known_names(*typed) == [" ".join(known)]


@pytest.mark.parametrize(
    "typed", [("Anne", "Müller"), ("Anna", "Meyer"), ("Bernd", "Müller"), ("Müller", "Müller")]
)
def test_find_known_leaves_out_other_names(typed: tuple[str, str]) -> None:
    known_patient("Anna", "Müller")
    assert known_names(*typed) == []


@pytest.mark.parametrize("typed", ["030 123456", "+49 30 123456", "0049 (30) 123456"])
def test_find_known_compares_the_telephone_with_the_name_or_the_birth_date(typed: str) -> None:
    known_patient("Anna", "Müller")
    assert known_names("Anna", "Müller", OTHER_DAY, typed) == ["Anna Müller"]
    assert known_names("Änne", "Meyer", BIRTH, typed) == ["Anna Müller"]
    # Families share a telephone.
    assert known_names("Bernd", "Müller", OTHER_DAY, typed) == []


def test_find_known_needs_more_than_the_name(db: None) -> None:
    known_patient("Anna", "Müller", phone="")
    assert known_names("Anna", "Müller", OTHER_DAY) == []


def test_find_known_finds_the_email_address_also_of_an_account_without_profile(
    ann: Patient,
) -> None:
    make_user("Nora", is_patient=True)
    assert known_names("Eva", "Meyer", OTHER_DAY, email="ann@example.org") == ["Ann Example"]
    assert known_names("Eva", "Meyer", OTHER_DAY, email="nora@example.org") == ["Nora Example"]
    assert known_names("Eva", "Meyer", OTHER_DAY, email="eva@example.org") == []


def test_find_known_names_at_most_five(db: None) -> None:
    for number in range(6):
        known_patient("Anna", "Müller", phone=f"+493012345{number}")
    assert known_names("Anna", "Müller") == ["Anna Müller"] * 5
