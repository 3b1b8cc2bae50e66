"""Who opens the admin's calendar, and what they see in it."""

import datetime as dt

import pytest
from django.test import Client
from pytest_django import Settings
from time_machine import Traveller

from clinic.assistants import set_assistants
from clinic.models import Doctor, Patient
from tests.clinic.admin.calendar.conftest import CALENDAR, DAY, CalendarClient
from tests.support.access_records import recorded_accesses
from tests.support.admin_client import AdminClient, staff_with_permissions
from tests.support.booking import TEN, book_as_patient, cancel
from tests.support.fixtures.people import make_user
from users.models import User

pytestmark = pytest.mark.django_db

FEEDS = ("", "feed/", "month/", "changes/")
POSTS = ("book/", "move/", "confirm/", "cancel/")


def test_staff_with_permissions_use_all_of_it(
    clerk: CalendarClient, dora: Doctor, ann: Patient
) -> None:
    statuses = clerk.statuses(book_as_patient(ann, dora).pk)
    assert set(statuses.values()) == {200}


def test_staff_who_only_view_appointments_change_nothing(dora: Doctor, ann: Patient) -> None:
    appointment = book_as_patient(ann, dora)
    viewer = CalendarClient(staff_with_permissions(make_user("Vera"), "view_appointment"))
    assert viewer.statuses(appointment.pk) == {
        **dict.fromkeys(FEEDS, 200),
        "patients/": 403,
        "panel": 200,
        **dict.fromkeys(POSTS, 403),
    }
    # Without the right to view patients, the panel has no contact data.
    page = viewer.client.get(f"{CALENDAR}{appointment.pk}/")
    assert (page.context["panel"].patient, page.context["panel"].actions) == (None, [])
    assert "ann@example.org" not in page.content.decode()
    appointment.refresh_from_db()
    assert appointment.status == "pending"


def test_other_staff_patients_and_strangers_have_no_calendar(dora: Doctor, ann: Patient) -> None:
    pk = book_as_patient(ann, dora).pk
    other = CalendarClient(staff_with_permissions(make_user("Olaf"), "view_closure"))
    assert set(other.statuses(pk).values()) == {403}
    for client in (AdminClient(ann.user).client, Client()):
        response = client.get(f"{CALENDAR}feed/", DAY)
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/admin/login/")


def test_staff_without_the_second_factor_have_no_calendar(sam: User, settings: Settings) -> None:
    settings.STAFF_OTP_REQUIRED = True
    client = Client()
    client.force_login(sam)
    assert client.get(f"{CALENDAR}feed/", DAY).status_code == 302


def test_doctor_who_is_staff_sees_own_appointments_only(
    doctor_client: CalendarClient, dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    own = book_as_patient(ann, dora)
    other = book_as_patient(ben, emil, time=TEN)
    feed = doctor_client.get("feed", **DAY, doctors=f"{dora.pk},{emil.pk}")
    assert [row["id"] for row in feed["appointments"]] == [own.pk]
    assert {row["doctor"] for row in feed["unavailable"]} == {dora.pk}
    assert [row["id"] for row in doctor_client.get("feed", **DAY)["appointments"]] == [own.pk]
    assert doctor_client.get("month", **DAY)["days"][0]["appointments"] == 1
    assert [pair[1] for pair in doctor_client.get("changes", **DAY)["changes"]] == [own.pk]
    assert doctor_client.client.get(f"{CALENDAR}{other.pk}/").status_code == 404
    assert [row["name"] for row in doctor_client.get("patients", q="exa")["patients"]] == [
        "Ann Example"
    ]
    assert {row[3] for row in recorded_accesses()} == {"Ann"}


def test_panel_of_a_cancelled_appointment_hides_the_record_from_the_doctor(
    doctor_client: CalendarClient, dora: Doctor, ann: Patient
) -> None:
    appointment = book_as_patient(ann, dora, reason_for_visit="Cough")
    cancel(ann.user, appointment)
    text = doctor_client.client.get(f"{CALENDAR}{appointment.pk}/").content.decode()
    assert "Ann Example" in text
    assert [part for part in ("Cough", "ann@example.org", "1990-05-17") if part in text] == []


def test_assistant_who_is_staff_sees_and_changes_those_of_the_doctor(
    dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    helper = make_user("Asta")
    set_assistants(dora, [helper.email])
    own = book_as_patient(ann, dora)
    book_as_patient(ben, emil, time=TEN)
    client = CalendarClient(staff_with_permissions(User.objects.get(pk=helper.pk)))
    assert [row["id"] for row in client.get("feed", **DAY)["appointments"]] == [own.pk]
    assert client.post(f"{own.pk}/confirm") == {"appointment": own.pk}


@pytest.mark.parametrize(
    ("permissions", "target"),
    [(["view_appointment"], CALENDAR), (["view_closure"], None), ([], None)],
)
def test_first_page_is_the_calendar_for_those_who_use_it(
    permissions: list[str], target: str | None
) -> None:
    client = AdminClient(staff_with_permissions(make_user("Nora"), *permissions)).client
    response = client.get("/admin/")
    assert response.headers.get("Location") == target
    assert client.get("/admin/records/").status_code == 200


def test_asking_for_changes_does_not_keep_the_session_open(
    clerk: CalendarClient, clock: Traveller, settings: Settings
) -> None:
    settings.ADMIN_IDLE_SECONDS = 30 * 60
    for _minutes in range(3):
        clock.shift(dt.timedelta(minutes=9))
        assert clerk.client.get(f"{CALENDAR}changes/", DAY).status_code == 200
    clock.shift(dt.timedelta(minutes=4))
    assert clerk.client.get(f"{CALENDAR}changes/", DAY).status_code == 302
