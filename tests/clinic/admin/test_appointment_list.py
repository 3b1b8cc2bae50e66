import datetime as dt
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from pytest_django import DjangoAssertNumQueries

from clinic.admin import appointments as appointments_admin
from clinic.booking.services import NOT_STARTED
from clinic.errors import MESSAGES, BookingErrorCode
from clinic.models import Appointment, Doctor, Patient, Status
from tests.support.admin_client import AdminMessages, Desk, make_staff
from tests.support.booking import (
    assert_ticks_are_those_of_live_appointments,
    book_as_patient,
    confirm,
    history_of,
)
from tests.support.fixtures.people import make_doctor, make_patient
from users.models import User

pytestmark = pytest.mark.django_db

LIST = "clinic/appointment/"
NINE, TEN, ELEVEN = dt.time(9), dt.time(10), dt.time(11)
NOT_NOW = MESSAGES[BookingErrorCode.INVALID_TRANSITION]


@pytest.fixture
def appointments(dora: Doctor, ann: Patient, ben: Patient) -> list[Appointment]:
    """Ann's at nine and ten and Ben's at eleven, with Dora on Tuesday, pending."""
    return [
        book_as_patient(ann, dora, time=NINE),
        book_as_patient(ann, dora, time=TEN),
        book_as_patient(ben, dora, time=ELEVEN),
    ]


def listed(desk: Desk, query: str = "") -> list[str]:
    return [appointment.time.strftime("%H:%M") for appointment in results(desk, query)]


def results(desk: Desk, query: str) -> list[Any]:
    return list(desk.open(f"{LIST}?{query}").context["cl"].result_list)


def statuses(appointments: list[Appointment]) -> list[str]:
    return [Appointment.objects.get(pk=appointment.pk).status for appointment in appointments]


def test_appointments_are_listed_latest_first(desk: Desk, appointments: list[Appointment]) -> None:
    assert listed(desk) == ["11:00", "10:00", "09:00"]


@pytest.mark.parametrize(
    ("query", "times"),
    [
        ("q=ben", ["11:00"]),
        ("q=dora+ann", ["10:00", "09:00"]),
        ("q=ANN%40example.org", ["10:00", "09:00"]),
        ("q=nobody", []),
        ("status__exact=confirmed", ["09:00"]),
        ("doctor__specialty=Cardiology", ["11:00", "10:00", "09:00"]),
        ("doctor__specialty=Urology", []),
        ("date__year=2026&date__month=3&date__day=3", ["11:00", "10:00", "09:00"]),
        ("date__year=2026&date__month=4", []),
    ],
)
def test_appointments_are_found_by_name_status_specialty_and_date(
    desk: Desk, dora: Doctor, appointments: list[Appointment], query: str, times: list[str]
) -> None:
    confirm(dora.user, appointments[0])
    assert listed(desk, query) == times


@pytest.mark.parametrize(
    ("when", "listed_on_monday", "listed_on_tuesday", "listed_on_wednesday"),
    [
        ("today", 0, 3, 0),
        ("coming", 3, 3, 0),
        ("past", 0, 0, 3),
        ("unfinished", 0, 0, 2),
        ("", 3, 3, 3),
    ],
)
def test_appointments_are_found_by_when_they_are(
    desk: Desk,
    appointments: list[Appointment],
    clock: time_machine.Traveller,
    when: str,
    listed_on_monday: int,
    listed_on_tuesday: int,
    listed_on_wednesday: int,
) -> None:
    desk.act(LIST, "cancel", appointments[0])
    counts = []
    for day in (2, 3, 4):
        clock.move_to(dt.datetime(2026, 3, day, 7, tzinfo=dt.UTC))
        counts.append(len(listed(desk, f"when={when}")))
    assert counts == [listed_on_monday, listed_on_tuesday, listed_on_wednesday]


def test_several_appointments_are_confirmed_at_once(
    desk: Desk, appointments: list[Appointment]
) -> None:
    assert desk.act(LIST, "confirm", *appointments[:2]) == AdminMessages(
        ["2 appointments confirmed."], {}
    )
    assert statuses(appointments) == [Status.CONFIRMED, Status.CONFIRMED, Status.PENDING]
    assert history_of(appointments[0])[-1] == ("confirmed", "2026-03-03 09:00", "Sam")


def test_a_appointment_that_cannot_be_confirmed_is_named_and_the_others_are(
    desk: Desk, dora: Doctor, appointments: list[Appointment]
) -> None:
    confirm(dora.user, appointments[0])
    assert desk.act(LIST, "confirm", *appointments[:2]) == AdminMessages(
        [
            f"2026-03-03 09:00: Ann Example with Dora Example (Cardiology): {NOT_NOW}",
            "1 appointment confirmed.",
        ],
        {},
    )
    assert statuses(appointments) == [Status.CONFIRMED, Status.CONFIRMED, Status.PENDING]


def test_appointments_are_cancelled_with_the_reason_beside_the_action(
    desk: Desk, appointments: list[Appointment]
) -> None:
    said = desk.act(LIST, "cancel", *appointments[1:], reason="Dora is ill")
    assert said == AdminMessages(["2 appointments cancelled."], {})
    assert statuses(appointments) == [Status.PENDING, Status.CANCELLED, Status.CANCELLED]
    assert Appointment.objects.filter(cancellation_reason="Dora is ill").count() == 2
    assert_ticks_are_those_of_live_appointments()


def test_appointments_are_completed_once_they_have_started(
    desk: Desk, appointments: list[Appointment], clock: time_machine.Traveller
) -> None:
    desk.act(LIST, "confirm", *appointments)
    clock.move_to(dt.datetime(2026, 3, 3, 9, tzinfo=dt.UTC))
    assert desk.act(LIST, "complete", *appointments) == AdminMessages(
        [
            f"2026-03-03 11:00: Ben Example with Dora Example (Cardiology): {NOT_STARTED}",
            "2 appointments completed.",
        ],
        {},
    )


def test_an_action_leaves_a_line_in_the_log(
    desk: Desk, sam: User, appointments: list[Appointment]
) -> None:
    desk.act(LIST, "confirm", appointments[0])
    (entry,) = LogEntry.objects.filter(user=sam)
    assert (entry.object_id, entry.get_change_message()) == (
        str(appointments[0].pk),
        "Changed status.",
    )


def test_an_action_on_too_many_appointments_does_nothing(
    desk: Desk, appointments: list[Appointment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appointments_admin, "MOST_AT_ONCE", 2)
    assert desk.act(LIST, "cancel", *appointments) == AdminMessages(
        ["Choose 2 appointments at the most."], {}
    )
    assert statuses(appointments) == [Status.PENDING] * 3


def test_there_is_no_action_to_delete_appointments(
    desk: Desk, appointments: list[Appointment]
) -> None:
    said = desk.act(LIST, "delete_selected", *appointments)
    assert said == AdminMessages(["No action selected."], {})
    assert Appointment.objects.count() == 3


def test_who_may_only_look_has_no_actions(appointments: list[Appointment], olga: User) -> None:
    reader = Desk(make_staff(olga, "view_appointment"))
    assert listed(reader) == ["11:00", "10:00", "09:00"]
    assert reader.act(LIST, "confirm", *appointments) == AdminMessages([], {})
    assert statuses(appointments) == [Status.PENDING] * 3


@pytest.mark.parametrize("number", [1, 10, 50])
def test_the_list_takes_the_same_queries_however_long_it_is(
    desk: Desk, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        doctor, patient = make_doctor(f"Doctor{place}"), make_patient(f"Patient{place}")
        book_as_patient(patient, doctor)
    desk.open(LIST)
    with django_assert_num_queries(8):
        assert len(listed(desk)) == number
