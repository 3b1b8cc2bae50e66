"""Contract cases of appointments and patients."""

from clinic.models import Appointment
from tests.schema.contract_cases.case import NOW, Case, Context, appointment_parts
from tests.support.booking import confirm
from tests.support.global_ids import cursor_of, id_of

MOVED = {
    "time": "10:00:00",
    "startsAt": "2026-03-03T10:00:00+01:00",
    "endsAt": "2026-03-03T10:30:00+01:00",
}


def create_appointment(context: Context) -> Case:
    def expected(_got: object) -> dict[str, object]:
        booked = Appointment.objects.latest("pk")
        parts = appointment_parts(context, **MOVED, id=id_of(booked), reasonForVisit="Check-up")
        return {"createAppointment": {"__typename": "Appointment", **parts}}

    sent = {
        "doctorId": id_of(context.dora),
        "date": "2026-03-03",
        "time": "10:00",
        "reasonForVisit": "Check-up",
        "idempotencyKey": "one",
    }
    return Case(expected, {"input": sent}, context.ann.user)


def reschedule_appointment(context: Context) -> Case:
    answer = {"__typename": "Appointment", **appointment_parts(context, **MOVED)}
    sent = {"id": id_of(context.appointment), "date": "2026-03-03", "time": "10:00"}
    return Case({"rescheduleAppointment": answer}, {"input": sent}, context.ann.user)


def confirm_appointment(context: Context) -> Case:
    answer = {"__typename": "Appointment", **appointment_parts(context, status="CONFIRMED")}
    sent = {"id": id_of(context.appointment)}
    return Case({"confirmAppointment": answer}, {"input": sent}, context.dora.user)


def complete_appointment(context: Context) -> Case:
    confirm(context.dora.user, context.appointment)
    return Case(
        {
            "completeAppointment": {
                "__typename": "OperationInfo",
                "messages": [
                    {
                        "kind": "VALIDATION",
                        "field": None,
                        "code": "invalid_transition",
                        "message": "The appointment has not started yet.",
                    }
                ],
            }
        },
        {"input": {"id": id_of(context.appointment)}},
        context.dora.user,
    )


def cancel_appointment(context: Context) -> Case:
    parts = appointment_parts(context, status="CANCELLED", cancellationReason="Better again")
    return Case(
        {"cancelAppointment": {"__typename": "Appointment", **parts}},
        {"input": {"id": id_of(context.appointment), "reason": "Better again"}},
        context.ann.user,
    )


def my_appointments(context: Context) -> Case:
    cursor = cursor_of("2026-03-03", "09:00:00", context.appointment.pk)
    return Case(
        {
            "appointments": {
                "totalCount": 1,
                "pageInfo": {
                    "hasNextPage": False,
                    "hasPreviousPage": False,
                    "startCursor": cursor,
                    "endCursor": cursor,
                },
                "edges": [{"cursor": cursor, "node": appointment_parts(context)}],
            }
        },
        {
            "filters": {"doctorId": id_of(context.dora), "status": {"exact": "PENDING"}},
            "ordering": [{"date": "ASC"}, {"time": "ASC"}],
            "first": 10,
        },
        context.ann.user,
    )


def upcoming(context: Context) -> Case:
    node = {
        "id": id_of(context.appointment),
        "date": "2026-03-03",
        "time": "09:00:00",
        "status": "PENDING",
    }
    return Case(
        {"appointments": {"edges": [{"node": node}]}}, {"from": "2026-03-03"}, context.dora.user
    )


def appointment_by_id(context: Context) -> Case:
    sent = {"id": id_of(context.appointment)}
    return Case({"appointment": appointment_parts(context)}, sent, context.dora.user)


def appointment_history(context: Context) -> Case:
    confirm(context.dora.user, context.appointment)
    history = [
        {
            "status": status,
            "date": "2026-03-03",
            "time": "09:00:00",
            "changedAt": NOW,
            "changedBy": {"firstName": name, "lastName": "Example"},
        }
        for status, name in (("PENDING", "Ann"), ("CONFIRMED", "Dora"))
    ]
    answer = {"id": id_of(context.appointment), "history": history}
    return Case({"appointment": answer}, {"id": id_of(context.appointment)}, context.ann.user)


def appointment_as_node(context: Context) -> Case:
    answer = {
        "__typename": "Appointment",
        "id": id_of(context.appointment),
        "date": "2026-03-03",
        "time": "09:00:00",
        "status": "PENDING",
    }
    return Case({"node": answer}, {"id": id_of(context.appointment)}, context.ann.user)


def patient_by_id(context: Context) -> Case:
    answer = {
        "id": id_of(context.ann),
        "dateOfBirth": "1990-05-17",
        "address": "",
        "emergencyContactName": "",
        "emergencyContactPhone": "",
        "user": {"firstName": "Ann", "lastName": "Example", "email": "ann@example.org"},
    }
    return Case({"patient": answer}, {"id": id_of(context.ann)}, context.dora.user)


def my_patients(context: Context) -> Case:
    node = {
        "id": id_of(context.ann),
        "dateOfBirth": "1990-05-17",
        "user": {"firstName": "Ann", "lastName": "Example", "email": "ann@example.org"},
    }
    return Case(
        {
            "patients": {
                "totalCount": 1,
                "pageInfo": {
                    "hasNextPage": False,
                    "endCursor": cursor_of("example", "ann", context.ann.pk),
                },
                "edges": [{"node": node}],
            }
        },
        {"search": "ann", "first": 10},
        context.dora.user,
    )
