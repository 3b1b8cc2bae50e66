"""People whom the clinic knows and who may be the person to register.

A person is a likely duplicate if one of these is the same:

- the email address;
- the date of birth and the name;
- the date of birth and the telephone number;
- the name and the telephone number.

Names are compared as people spell them: without case, accents, hyphens, apostrophes and titles,
in any order, ``ue`` like ``ü``, and one with fewer parts ("Anna Meyer") like one with more
("Anna-Lena Meyer-Roth"). Nicknames are not recognised. Telephone numbers are compared in E.164.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from phonenumber_field.phonenumber import PhoneNumber

from clinic.errors import KnownPerson
from clinic.models import Patient
from clinic.models.patient import find_own_patient
from users.folding import search_terms
from users.models import User

# How German writes umlauts without their dots; the folded form of an umlaut is the bare vowel.
UMLAUTS = re.compile("(?<=[aou])e")
MAX_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a person to register is recognised by.

    The email address is canonical, the telephone number is a number or "".
    """

    first_name: str
    last_name: str
    date_of_birth: dt.date
    phone_number: PhoneNumber | str
    email: str | None


def find_known(identity: Identity) -> list[KnownPerson]:
    """Return the likely duplicates in the order of registration, at most ``MAX_SHOWN``."""
    found = {patient.user_id: _known(patient.user, patient) for patient in _patients(identity)}
    for user in (
        User.objects.get_queryset().matching_email(identity.email) if identity.email else ()
    ):
        found.setdefault(user.pk, _known(user, find_own_patient(user)))
    return [found[pk] for pk in sorted(found)[:MAX_SHOWN]]


def _patients(identity: Identity) -> Iterator[Patient]:
    """Yield the patients with the same date of birth or telephone number who are duplicates."""
    # Two queries, each by its index. With OR, a database may read all patients.
    patients = Patient.objects.select_related("user").order_by("pk")
    for patient in patients.filter(date_of_birth=identity.date_of_birth):
        if is_same_name(identity, patient.user):
            yield patient
    for patient in patients.filter(phone_number=identity.phone_number or None):
        if patient.date_of_birth == identity.date_of_birth or is_same_name(identity, patient.user):
            yield patient


def _known(user: User, patient: Patient | None) -> KnownPerson:
    return KnownPerson(
        name=str(user),
        date_of_birth=patient.date_of_birth if patient else None,
        user_id=user.pk,
        patient_id=patient.pk if patient else None,
    )


def is_same_name(one: Identity | User, other: Identity | User) -> bool:
    """Return whether the two names can be spellings of the same name."""
    fewer, more = sorted((Counter(_words(one)), Counter(_words(other))), key=Counter.total)
    # A single word would be found in too many names.
    is_part = fewer.total() > 1 and fewer <= more
    # "Mac Donald" and "MacDonald", in either order of first and last name.
    return is_part or bool(_joined(one) & _joined(other))


def _words(person: Identity | User) -> list[str]:
    return [*_words_of(person.first_name), *_words_of(person.last_name)]


def _joined(person: Identity | User) -> set[str]:
    first, last = ("".join(_words_of(name)) for name in (person.first_name, person.last_name))
    return {first + last, last + first}


def _words_of(name: str) -> list[str]:
    words = (word for term in search_terms(name) for word in term.words)
    return [UMLAUTS.sub("", word) for word in words]
