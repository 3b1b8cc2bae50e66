"""Searches, filters and sort orders of the admin ignore case and accents on every database."""

from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin as django_admin
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Field
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clinic.models import Appointment, Doctor, Patient
from tests.support.admin_client import AdminClient
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import make_doctor
from tests.support.scale import HYPOTHESIS, SCALE
from tests.support.spellings import NAMES, searches
from tests.support.task_worker import run_due_tasks
from users.fields import EmailAddressField
from users.folded_fields import SearchKeyField
from users.models import User

pytestmark = pytest.mark.django_db

LISTS = [
    *("clinic/appointment/", "clinic/notification/", "clinic/accessrecord/"),
    *("clinic/patient/", "users/user/"),
]
SEARCHES = [
    *("MÜLLER", "mu\u0308ller", "muller ærin", "Müller, Aerin", "o'brien", "OBRIEN"),
    *("O`Brien-Müller", "Dr. med. Müller", "AERIN@Example.org", "Ærin <aerin@example.org>,"),
]
AUTOCOMPLETE = "autocomplete/?app_label=clinic&model_name={}&field_name={}&term={}"


@pytest.fixture
def aerin(admin: AdminClient, ann: Patient, ben: Patient, dora: Doctor) -> Patient:
    """Ann, renamed, on every list; Ben is on the lists of patients and users."""
    User.objects.filter(pk=ann.user_id).update(
        email="aerin@example.org", first_name="Ærin", last_name="O\u2019Brien-Müller"
    )
    book_as_patient(ann, dora)
    run_due_tasks()
    admin.open(f"clinic/patient/{ann.pk}/change/")
    return ann


def people_in(rows: list[Any]) -> set[str]:
    """Return the first names of the patients and users whom the rows are about."""
    names: set[str] = set()
    for row in rows:
        match row:
            case User():
                names.add(row.first_name)
            case Patient():
                names.add(row.user.first_name)
            case Appointment():
                names.add(row.patient.user.first_name)
            case _ if hasattr(row, "recipient"):
                names.add(row.recipient.first_name)
            case _:
                names |= {Patient.objects.get(pk=pk).user.first_name for pk in row.patients}
    return names


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("path", LISTS)
def test_admin_search_finds_every_spelling(
    admin: AdminClient, aerin: Patient, path: str, search: str
) -> None:
    rows = list(admin.open(f"{path}?q={quote(search)}").context["cl"].result_list)
    assert people_in(rows) == {"Ærin"}


@pytest.mark.parametrize("search", ["%", "m_ller", "müller ben", "mueller", "a%@example.org"])
@pytest.mark.parametrize("path", LISTS)
def test_admin_search_takes_no_wildcards_and_needs_every_word(
    admin: AdminClient, aerin: Patient, path: str, search: str
) -> None:
    rows = admin.open(f"{path}?q={quote(search)}").context["cl"].result_list
    assert list(rows) == []


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize(
    ("model", "field", "born"),
    [
        ("appointment", "patient", ", born 1990-05-17"),
        ("mergedpatient", "patient", ", born 1990-05-17"),
        ("patient", "user", ""),
    ],
)
def test_admin_autocompletion_finds_every_spelling(
    admin: AdminClient, aerin: Patient, model: str, field: str, born: str, search: str
) -> None:
    found = admin.open(AUTOCOMPLETE.format(model, field, quote(search))).json()
    assert [result["text"] for result in found["results"]] == [f"Ærin O\u2019Brien-Müller{born}"]


@pytest.mark.parametrize("search", ["PÄDIATRIE", "padiatrie dora", "Dr. Dora, Pädiatrie"])
def test_admin_search_finds_doctor_by_specialty(
    admin: AdminClient, dora: Doctor, emil: Doctor, search: str
) -> None:
    Doctor.objects.filter(pk=dora.pk).update(specialty="Pädiatrie")
    rows = admin.open(f"clinic/doctor/?q={quote(search)}").context["cl"].result_list
    assert list(rows) == [dora]
    found = admin.open(AUTOCOMPLETE.format("appointment", "doctor", quote(search))).json()
    assert [result["id"] for result in found["results"]] == [str(dora.pk)]


def test_admin_search_finds_generated_spellings(admin: AdminClient, ann: Patient) -> None:
    @settings(HYPOTHESIS, max_examples=SCALE.clinics)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        first, last = data.draw(NAMES), data.draw(NAMES)
        User.objects.filter(pk=ann.user_id).update(first_name=first, last_name=last)
        search = data.draw(searches(first, last))
        assume("@" not in search)
        rows = admin.open(f"users/user/?q={quote(search)}").context["cl"].result_list
        assert [row.pk for row in rows] == [ann.user_id]

    check()


def test_admin_search_finds_access_records_by_client_ip(admin: AdminClient, aerin: Patient) -> None:
    for search, count in (("127.0.0.1", 1), ("127.0.0.2", 0), ("1.0.0.127", 0)):
        rows = admin.open(f"clinic/accessrecord/?q={search}").context["cl"].result_list
        assert len(rows) == count


@pytest.mark.parametrize("path", [*LISTS, "clinic/doctor/"])
def test_admin_search_for_a_title_alone_shows_the_whole_list(
    admin: AdminClient, aerin: Patient, path: str
) -> None:
    counts = [
        admin.open(f"{path}{query}").context["cl"].result_count for query in ("", "?q=Prof.+Dr.")
    ]
    # Opening the list of access records adds one.
    assert counts[1] == counts[0] + (path == "clinic/accessrecord/") > 0


def test_search_fields_of_every_admin_are_compared_alike_on_every_database() -> None:
    def field_of(model: Any, path: str) -> Field[Any, Any]:
        field: Field[Any, Any] = get_fields_from_path(model, path)[-1]
        return field

    others = {
        f"{model.__name__}.{path}"
        for model, page in django_admin.site._registry.items()  # noqa: SLF001 - no public way
        if model.__module__.startswith(("users.", "clinic."))
        for path in page.search_fields
        if not isinstance(field_of(model, path), SearchKeyField | EmailAddressField)
    }
    assert others == {
        # ASCII only: hexadecimal digits, periods and colons.
        "AccessRecord.address",
        "AccessRecord.request_id",
        # Compared by AppointmentTypeAdmin.get_search_results, not by the database.
        "AppointmentType.name",
    }


SPELT = ["Urology", "UROLOGY", "Pädiatrie", "Pa\u0308diatrie", "Padiatrie", "pädiatrie"]


@pytest.fixture
def spelt(ann: Patient) -> list[Doctor]:
    """Doctors with their specialties in several spellings; Ann has an appointment with the last."""
    doctors = [make_doctor(f"D{n}") for n in range(len(SPELT))]
    for doctor, specialty in zip(doctors, SPELT, strict=True):
        Doctor.objects.filter(pk=doctor.pk).update(specialty=specialty)
    book_as_patient(ann, doctors[-1])
    return doctors


def test_specialty_filter_of_the_admin_has_one_entry_for_all_spellings(
    admin: AdminClient, spelt: list[Doctor]
) -> None:
    page = admin.open(f"clinic/doctor/?specialty={quote('PÄDIATRIE')}").context["cl"]
    filters = {spec.title: spec for spec in page.filter_specs}
    assert filters["specialty"].lookup_choices == [
        ("Padiatrie", "Padiatrie"),
        ("Pädiatrie", "Pädiatrie"),
        ("Urology", "Urology"),
    ]
    assert [row.pk for row in page.result_list] == [spelt[n].pk for n in (2, 3, 5)]
    appointments = [
        admin.open(f"clinic/appointment/?doctor__specialty={quote(name)}").context["cl"]
        for name in ("Pädiatrie", "Padiatrie")
    ]
    assert [len(page.result_list) for page in appointments] == [1, 0]


@pytest.mark.parametrize("path", ["clinic/patient/", "users/user/"])
def test_admin_lists_people_by_name_ignoring_case_and_accents(
    admin: AdminClient, ann: Patient, ben: Patient, path: str
) -> None:
    User.objects.filter(pk=ann.user_id).update(last_name="Äpfel")
    User.objects.filter(pk=ben.user_id).update(last_name="apfelbaum")
    column = 3 if path == "users/user/" else 1
    names = [
        [
            name
            for row in admin.open(f"{path}?{query}").context["cl"].result_list
            if (name := getattr(row, "user", row).last_name) != "Example"
        ]
        for query in ("", f"o={column}", f"o=-{column}")
    ]
    assert names == [["Äpfel", "apfelbaum"], ["Äpfel", "apfelbaum"], ["apfelbaum", "Äpfel"]]


def test_admin_sorts_doctors_by_specialty_ignoring_case_and_accents(
    admin: AdminClient, spelt: list[Doctor]
) -> None:
    Doctor.objects.filter(pk=spelt[0].pk).update(specialty="Äuge")
    Doctor.objects.filter(pk=spelt[1].pk).update(specialty="augen")
    rows = admin.open("clinic/doctor/?o=3").context["cl"].result_list
    assert [row.specialty for row in rows][:2] == ["Äuge", "augen"]
