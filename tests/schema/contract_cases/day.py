"""Contract cases of appointment types, and of what happens on the day of an appointment."""

import datetime as dt

from clinic.models import Appointment
from tests.schema.contract_cases.case import NOW, Case, Context
from tests.support.booking import cancel, confirm, write
from tests.support.fixtures.people import make_doctor, make_user, offer_type
from tests.support.global_ids import id_of


def day_parts(context: Context, **changes: object) -> dict[str, object]:
    """Return the fragment ``DayParts`` of the context's appointment, with ``changes``."""
    return {
        "__typename": "Appointment",
        "id": id_of(context.appointment),
        "date": "2026-03-03",
        "time": "09:00:00",
        "durationMinutes": 30,
        "status": "CONFIRMED",
        "arrivedAt": None,
        "changeableUntil": "2026-03-03T09:00:00+01:00",
        "appointmentType": None,
        "bookedBy": {"firstName": "Ann", "lastName": "Example"},
        "doctor": {"id": id_of(context.dora)},
    } | changes


def moved_to_today(context: Context) -> None:
    """Confirm the context's appointment and move it to today, when it has just started."""
    confirm(context.dora.user, context.appointment)
    write(context.appointment, date=dt.date(2026, 3, 2), time=dt.time(8))


TODAY = {
    "date": "2026-03-02",
    "time": "08:00:00",
    "changeableUntil": "2026-03-02T08:00:00+01:00",
}


def book_type(context: Context) -> Case:
    offered = offer_type(
        context.dora,
        "Vaccination",
        description="Bring your card.",
        duration_minutes=20,
        buffer_after_minutes=10,
        confirmation="automatic",
        cancellation_notice_minutes=120,
    )

    def expected(_got: object) -> dict[str, object]:
        booked = Appointment.objects.latest("pk")
        parts = day_parts(
            context,
            id=id_of(booked),
            time="10:00:00",
            durationMinutes=20,
            changeableUntil="2026-03-03T08:00:00+01:00",
            appointmentType={
                "id": id_of(offered),
                "name": "Vaccination",
                "description": "Bring your card.",
            },
        )
        return {"createAppointment": parts}

    sent = {
        "doctorId": id_of(context.dora),
        "appointmentTypeId": id_of(offered),
        "date": "2026-03-03",
        "time": "10:00",
    }
    return Case(expected, {"input": sent}, context.ann.user)


def record_arrival(context: Context) -> Case:
    moved_to_today(context)
    return Case(
        {"recordArrival": day_parts(context, **TODAY, arrivedAt=NOW)},
        {"input": {"id": id_of(context.appointment)}},
        context.dora.user,
    )


def record_no_show(context: Context) -> Case:
    moved_to_today(context)
    return Case(
        {"recordNoShow": day_parts(context, **TODAY, status="NO_SHOW")},
        {"input": {"id": id_of(context.appointment)}},
        context.dora.user,
    )


def reopen_appointment(context: Context) -> Case:
    cancel(context.ann.user, context.appointment, "By mistake")
    return Case(
        {"reopenAppointment": day_parts(context)},
        {"input": {"id": id_of(context.appointment), "reason": "Ann called."}},
        context.dora.user,
    )


def amend_appointment(context: Context) -> Case:
    parts = day_parts(context, status="PENDING", durationMinutes=60)
    return Case(
        {"amendAppointment": parts},
        {"input": {"id": id_of(context.appointment), "durationMinutes": 60}},
        context.dora.user,
    )


def reassign_appointment(context: Context) -> Case:
    emil = make_doctor("Emil", "Dermatology")
    parts = day_parts(context, status="PENDING", doctor={"id": id_of(emil)})
    return Case(
        {"reassignAppointment": parts},
        {"input": {"id": id_of(context.appointment), "doctorId": id_of(emil)}},
        make_user("Sam", is_staff=True, is_superuser=True),
    )
