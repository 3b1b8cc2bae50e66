"""The files that staff download: their content, formulas, permissions and the audit."""

import datetime as dt
from typing import Any

import pytest
from django.utils import translation
from pytest_django import DjangoAssertNumQueries, Settings

from clinic.admin.base import csv_export
from clinic.admin.base.csv_export import csv_lines, safe_cell
from clinic.models import Appointment, Doctor, Patient
from tests.support.access_records import LISTED_APPOINTMENT_FIELDS, recorded_accesses
from tests.support.admin_client import AdminClient, staff_with_permissions
from tests.support.booking import TEN, book_as_patient, book_as_staff, write
from tests.support.fixtures.people import make_patient, make_user, offer_type
from users.models import User

pytestmark = pytest.mark.django_db

APPOINTMENTS, PATIENTS = "/admin/clinic/appointment/csv/", "/admin/clinic/patient/csv/"
HEADER = (
    '"Date","Time","Minutes","Status","Arrived","Doctor","Patient","Date of birth",'
    '"Phone number","Type","Reason for visit"\r\n'
)


def download(admin: AdminClient, url: str) -> str:
    """Return the file without its byte order mark."""
    response: Any = admin.client.get(url)
    assert response.status_code == 200
    text: str = response.content.decode()
    assert text.startswith("\ufeff")
    return text.removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        *(('=HYPERLINK("https://evil.example")', '\'=HYPERLINK("https://evil.example")'),),
        *(("+49 30 1", "'+49 30 1"), ("-1+1", "'-1+1"), ("@SUM(A1)", "'@SUM(A1)")),
        *(("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("\n=1", "'\n=1"), ("\uff1d1+1", "'\uff1d1+1")),
        *((None, ""), ("", ""), (30, "30"), ("a=1", "a=1"), ("O'Hara", "O'Hara"), (" =1", " =1")),
    ],
)
def test_cell_that_would_run_as_a_formula_gets_an_apostrophe(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_cells_are_quoted_and_separated_as_the_language_expects() -> None:
    row = ["a", 'say "no"', "x;y,z", "=1"]
    assert csv_lines([row]) == '"a","say ""no""","x;y,z","\'=1"\r\n'
    with translation.override("de"):
        assert csv_lines([row]) == '"a";"say ""no""";"x;y,z";"\'=1"\r\n'


@pytest.fixture
def booked(sam: User, dora: Doctor, emil: Doctor, ann: Patient, ben: Patient) -> list[Appointment]:
    """One of Ann with a type and a reason, and one of Ben with another doctor, who has arrived."""
    Patient.objects.filter(pk=ann.pk).update(phone_number="+493023125002")
    type_ = offer_type(dora, "Check-up")
    reason = "=cmd|' /C calc'!A0"
    first = book_as_patient(ann, dora, appointment_type_id=type_.pk, reason_for_visit=reason)
    second = book_as_staff(sam, emil, ben, time=TEN)
    write(second, arrived_at=dt.datetime(2026, 3, 3, 8, 55, tzinfo=dt.UTC))
    return [first, second]


ANNS = (
    '"2026-03-03","09:00","30","Pending","","Dora Example","Ann Example","1990-05-17",'
    '"\'+49 30 23125002","Check-up","\'=cmd|\' /C calc\'!A0"\r\n'
)
BENS = (
    '"2026-03-03","10:00","30","Confirmed","09:55","Emil Example","Ben Example","1990-05-17",'
    '"","",""\r\n'
)


def test_appointments_are_downloaded_with_what_the_list_is_filtered_by(
    admin: AdminClient, booked: list[Appointment], dora: Doctor
) -> None:
    assert download(admin, APPOINTMENTS) == HEADER + ANNS + BENS
    assert download(admin, f"{APPOINTMENTS}?doctor={dora.pk}") == HEADER + ANNS
    assert download(admin, f"{APPOINTMENTS}?q=ben&p=7") == HEADER + BENS
    assert download(admin, f"{APPOINTMENTS}?status__exact=cancelled") == HEADER
    # The list links to the file of the rows that it shows.
    page = admin.open(f"clinic/appointment/?doctor={dora.pk}").content.decode()
    assert f'href="{APPOINTMENTS}?doctor={dora.pk}"' in page


def test_file_has_a_name_and_is_not_cached(admin: AdminClient, booked: list[Appointment]) -> None:
    response = admin.client.get(APPOINTMENTS)
    assert {name: response[name] for name in ("Content-Type", "Content-Disposition")} == {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="appointments-2026-03-02.csv"',
    }
    assert "no-store" in response["Cache-Control"]


def test_patients_are_downloaded(admin: AdminClient, booked: list[Appointment]) -> None:
    header = '"Last name","First name","Date of birth","Phone number","Email address","Address"\r\n'
    assert download(admin, PATIENTS) == (
        f'{header}"Example","Ann","1990-05-17","\'+49 30 23125002","ann@example.org",""\r\n'
        '"Example","Ben","1990-05-17","","ben@example.org",""\r\n'
    )
    assert download(admin, f"{PATIENTS}?q=zoe") == header


def test_every_downloaded_row_is_recorded(admin: AdminClient, booked: list[Appointment]) -> None:
    before = len(recorded_accesses())
    download(admin, APPOINTMENTS)
    fields = [*LISTED_APPOINTMENT_FIELDS, "Patient.date_of_birth", "Patient.phone_number"]
    assert recorded_accesses()[before:] == [("Sam", "read", "admin csv", "Ann Ben", fields)]


def test_rows_of_each_part_are_in_the_file_and_recorded(
    admin: AdminClient, booked: list[Appointment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_export, "ROWS_PER_CHUNK", 1)
    before = len(recorded_accesses())
    assert download(admin, APPOINTMENTS) == HEADER + ANNS + BENS
    assert [patients for *_, patients, _fields in recorded_accesses()[before:]] == ["Ann", "Ben"]


@pytest.mark.parametrize(
    ("permissions", "statuses"),
    [
        (["view_appointment"], [200, 403]),
        (["view_patient"], [403, 200]),
        (["add_patient", "view_doctor"], [403, 403]),
    ],
)
def test_file_needs_the_permission_of_its_list(
    booked: list[Appointment], permissions: list[str], statuses: list[int]
) -> None:
    viewer = AdminClient(staff_with_permissions(make_user("Vic"), *permissions))
    assert [viewer.client.get(url).status_code for url in (APPOINTMENTS, PATIENTS)] == statuses


def test_file_of_appointments_leaves_out_the_record_of_the_patient_without_its_permission(
    booked: list[Appointment],
) -> None:
    viewer = AdminClient(staff_with_permissions(make_user("Vic"), "view_appointment"))
    before = len(recorded_accesses())
    header, *rows = download(viewer, APPOINTMENTS).splitlines()
    assert header == HEADER.strip().replace('"Date of birth","Phone number",', "")
    assert rows[1] == BENS.strip().replace('"1990-05-17","",', "")
    assert recorded_accesses()[before:] == [
        ("Vic", "read", "admin csv", "Ann Ben", LISTED_APPOINTMENT_FIELDS)
    ]


def test_large_list_has_to_be_filtered_first(
    admin: AdminClient, booked: list[Appointment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_export, "MAX_ROWS", 1)
    page: Any = admin.client.get(f"{APPOINTMENTS}?when=coming", follow=True)
    assert page.redirect_chain == [("/admin/clinic/appointment/?when=coming", 302)]
    assert [str(message) for message in page.context["messages"]] == [
        "Filter the list first: a file has at most 1 rows."
    ]


def test_invalid_filter_is_answered_with_the_whole_list(admin: AdminClient) -> None:
    response = admin.client.get(f"{APPOINTMENTS}?date__gte=x")
    assert (response.status_code, response["Location"]) == (302, "/admin/clinic/appointment/?e=1")
    assert admin.client.get(f"{APPOINTMENTS}?patient__user__password=x").status_code == 400


@pytest.mark.parametrize("number", [1, 8])
def test_file_uses_a_constant_number_of_queries(
    admin: AdminClient,
    sam: User,
    dora: Doctor,
    number: int,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(number):
        patient = make_patient(f"Patient{'abcdefgh'[n]}")
        book_as_staff(sam, dora, patient, time=dt.time(9 + n))
    with django_assert_num_queries(8):
        assert download(admin, APPOINTMENTS).count("\r\n") == number + 1
