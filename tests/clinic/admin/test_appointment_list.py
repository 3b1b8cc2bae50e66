import datetime as dt
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from pytest_django import DjangoAssertNumQueries

from clinic.admin import appointment_actions
from clinic.errors import MESSAGES, BookingErrorCode
from clinic.models import AccessRecord, Appointment, Doctor, Patient, Status
from tests.support.admin_client import AdminClient, AdminResponse, staff_with_permissions
from tests.support.booking import (
    assert_ticks_are_those_of_live_appointments,
    book_as_patient,
    confirm,
    history_of,
)
from tests.support.fixtures.people import make_doctor, make_patient, offer_type
from users.models import User

pytestmark = pytest.mark.django_db

LIST = "clinic/appointment/"
NINE, TEN, ELEVEN = dt.time(9), dt.time(10), dt.time(11)
NOT_STARTED = "The appointment has not started yet."
INVALID_TRANSITION = str(MESSAGES[BookingErrorCode.INVALID_TRANSITION])


@pytest.fixture
def appointments(dora: Doctor, ann: Patient, ben: Patient) -> list[Appointment]:
    """Pending appointments with Dora on Tuesday: Ann's at 9:00 and 10:00, Ben's at 11:00."""
    return [
        book_as_patient(ann, dora, time=NINE),
        book_as_patient(ann, dora, time=TEN),
        book_as_patient(ben, dora, time=ELEVEN),
    ]


def times_in_list(admin: AdminClient, query: str = "") -> list[str]:
    return [appointment.time.strftime("%H:%M") for appointment in results(admin, query)]


def results(admin: AdminClient, query: str) -> list[Any]:
    return list(admin.open(f"{LIST}?{query}").context["cl"].result_list)


def statuses(appointments: list[Appointment]) -> list[str]:
    return [Appointment.objects.get(pk=appointment.pk).status for appointment in appointments]


def test_appointment_list_is_sorted_by_latest_day_and_then_by_time(
    admin: AdminClient, appointments: list[Appointment], ben: Patient, dora: Doctor
) -> None:
    book_as_patient(ben, dora, dt.date(2026, 3, 4), dt.time(12))
    assert times_in_list(admin) == ["12:00", "09:00", "10:00", "11:00"]


@pytest.mark.parametrize(
    ("query", "times"),
    [
        ("q=ben", ["11:00"]),
        ("q=dora+ann", ["09:00", "10:00"]),
        ("q=ANN%40example.org", ["09:00", "10:00"]),
        ("q=nobody", []),
        ("status__exact=confirmed", ["09:00"]),
        ("doctor__specialty=Cardiology", ["09:00", "10:00", "11:00"]),
        ("doctor__specialty=Urology", []),
        ("date__year=2026&date__month=3&date__day=3", ["09:00", "10:00", "11:00"]),
        ("date__year=2026&date__month=4", []),
    ],
)
def test_appointment_list_searches_and_filters(
    admin: AdminClient, dora: Doctor, appointments: list[Appointment], query: str, times: list[str]
) -> None:
    confirm(dora.user, appointments[0])
    assert times_in_list(admin, query) == times


@pytest.mark.parametrize(
    ("when", "count_on_monday", "count_on_tuesday", "count_on_wednesday"),
    [
        ("today", 0, 3, 0),
        ("coming", 3, 3, 0),
        ("past", 0, 0, 3),
        ("unfinished", 0, 0, 2),
        ("", 3, 3, 3),
    ],
)
def test_appointment_list_when_filter_compares_with_today(
    admin: AdminClient,
    appointments: list[Appointment],
    clock: time_machine.Traveller,
    when: str,
    count_on_monday: int,
    count_on_tuesday: int,
    count_on_wednesday: int,
) -> None:
    admin.run_action(LIST, "cancel", appointments[0], confirmed="1")
    counts = []
    for day in (2, 3, 4):
        clock.move_to(dt.datetime(2026, 3, day, 7, tzinfo=dt.UTC))
        counts.append(len(times_in_list(admin, f"when={when}")))
    assert counts == [count_on_monday, count_on_tuesday, count_on_wednesday]


def test_confirm_action_confirms_several_appointments(
    admin: AdminClient, appointments: list[Appointment]
) -> None:
    assert admin.run_action(LIST, "confirm", *appointments[:2]) == AdminResponse(
        ["2 appointments confirmed."], {}
    )
    assert statuses(appointments) == [Status.CONFIRMED, Status.CONFIRMED, Status.PENDING]
    assert history_of(appointments[0])[-1] == ("confirmed", "2026-03-03 09:00", "Sam")


def test_confirm_action_names_the_appointments_that_failed(
    admin: AdminClient, dora: Doctor, appointments: list[Appointment]
) -> None:
    confirm(dora.user, appointments[0])
    assert admin.run_action(LIST, "confirm", *appointments[:2]) == AdminResponse(
        [
            f"2026-03-03 09:00: Ann Example with Dora Example (Cardiology): {INVALID_TRANSITION}",
            "1 appointment confirmed.",
        ],
        {},
    )
    assert statuses(appointments) == [Status.CONFIRMED, Status.CONFIRMED, Status.PENDING]


def test_cancel_action_asks_first(admin: AdminClient, appointments: list[Appointment]) -> None:
    selected = [appointment.pk for appointment in appointments]
    page = admin.client.post(
        f"/admin/{LIST}", {"action": "cancel", "_selected_action": selected}
    ).content.decode()
    assert all(f"<li>{appointment}</li>" in page for appointment in appointments)
    assert statuses(appointments) == [Status.PENDING] * 3
    assert AccessRecord.objects.get().patients == sorted(
        {appointment.patient_id for appointment in appointments}
    )


def test_cancel_action_can_be_limited_to_a_day_and_a_doctor(
    admin: AdminClient,
    appointments: list[Appointment],
    ann: Patient,
    dora: Doctor,
    emil: Doctor,
) -> None:
    another_day = book_as_patient(ann, dora, dt.date(2026, 3, 4))
    another_doctor = book_as_patient(ann, emil, time=dt.time(15))
    everything = [*appointments, another_day, another_doctor]
    limits = {"day": "2026-03-03", "doctor": str(dora.pk), "confirmed": "1"}
    response = admin.run_action(LIST, "cancel", *everything, **limits)
    assert response == AdminResponse(["3 appointments cancelled."], {})
    assert statuses([another_day, another_doctor]) == [Status.PENDING] * 2


def test_arrival_and_no_show_actions_record_both(
    admin: AdminClient, appointments: list[Appointment], clock: time_machine.Traveller
) -> None:
    admin.run_action(LIST, "confirm", *appointments)
    clock.move_to(dt.datetime(2026, 3, 3, 9, 30, tzinfo=dt.UTC))
    arrived = admin.run_action(LIST, "record_arrival", *appointments[:2])
    missed = admin.run_action(LIST, "record_no_show", *appointments[1:])
    assert (arrived.messages, missed.messages) == (
        ["2 appointments arrived."],
        [
            f"2026-03-03 11:00: Ben Example with Dora Example (Cardiology): {NOT_STARTED}",
            "1 appointment no-show.",
        ],
    )
    assert statuses(appointments) == [Status.CONFIRMED, Status.NO_SHOW, Status.CONFIRMED]


def test_doctor_and_type_filters_keep_the_other_filters(
    admin: AdminClient, appointments: list[Appointment], ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    offered = offer_type(emil)
    book_as_patient(ann, emil, time=dt.time(15))
    assert times_in_list(admin, f"doctor={dora.pk}") == ["09:00", "10:00", "11:00"]
    assert times_in_list(admin, f"type={offered.pk}") == ["15:00"]
    assert times_in_list(admin, f"type={offered.pk}&doctor={dora.pk}") == []
    assert times_in_list(admin, "doctor=0") == times_in_list(admin, "doctor=x") == []
    page = admin.open(f"{LIST}?status__exact=pending&q=ann").content.decode()
    assert page.count('<input type="hidden" name="status__exact" value="pending">') == 3


def test_cancel_action_saves_the_reason(
    admin: AdminClient, appointments: list[Appointment]
) -> None:
    response = admin.run_action(
        LIST, "cancel", *appointments[1:], reason="Dora is ill", confirmed="1"
    )
    assert response == AdminResponse(["2 appointments cancelled."], {})
    assert statuses(appointments) == [Status.PENDING, Status.CANCELLED, Status.CANCELLED]
    assert Appointment.objects.filter(cancellation_reason="Dora is ill").count() == 2
    assert_ticks_are_those_of_live_appointments()


def test_complete_action_skips_appointments_that_have_not_started(
    admin: AdminClient, appointments: list[Appointment], clock: time_machine.Traveller
) -> None:
    admin.run_action(LIST, "confirm", *appointments)
    clock.move_to(dt.datetime(2026, 3, 3, 9, tzinfo=dt.UTC))
    assert admin.run_action(LIST, "complete", *appointments) == AdminResponse(
        [
            f"2026-03-03 11:00: Ben Example with Dora Example (Cardiology): {NOT_STARTED}",
            "2 appointments completed.",
        ],
        {},
    )


def test_appointment_action_writes_a_log_entry(
    admin: AdminClient, sam: User, appointments: list[Appointment]
) -> None:
    admin.run_action(LIST, "confirm", appointments[0])
    (entry,) = LogEntry.objects.filter(user=sam)
    assert (entry.object_id, entry.get_change_message()) == (
        str(appointments[0].pk),
        "Changed status.",
    )


def test_appointment_action_rejects_too_many_appointments(
    admin: AdminClient, appointments: list[Appointment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appointment_actions, "MAX_APPOINTMENTS_PER_ACTION", 2)
    assert admin.run_action(LIST, "cancel", *appointments) == AdminResponse(
        ["Select at most 2 appointments."], {}
    )
    assert statuses(appointments) == [Status.PENDING] * 3


def test_appointment_list_has_no_delete_action(
    admin: AdminClient, appointments: list[Appointment]
) -> None:
    response = admin.run_action(LIST, "delete_selected", *appointments)
    assert response == AdminResponse(["No action selected."], {})
    assert Appointment.objects.count() == 3


def test_appointment_list_has_no_actions_with_view_permission_only(
    appointments: list[Appointment], olga: User
) -> None:
    viewer = AdminClient(staff_with_permissions(olga, "view_appointment"))
    assert times_in_list(viewer) == ["09:00", "10:00", "11:00"]
    assert viewer.run_action(LIST, "confirm", *appointments) == AdminResponse([], {})
    assert statuses(appointments) == [Status.PENDING] * 3


@pytest.mark.parametrize("number", [1, 10, 50])
def test_appointment_list_uses_a_constant_number_of_queries(
    admin: AdminClient, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        doctor, patient = make_doctor(f"Doctor{index}"), make_patient(f"Patient{index}")
        book_as_patient(patient, doctor)
    admin.open(LIST)
    with django_assert_num_queries(10):
        assert len(times_in_list(admin)) == number
