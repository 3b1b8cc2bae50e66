"""Booking, and what was booked."""

from clinic.models import Appointment
from tests.schema.contract_cases.world import NOW, Scene, Stage, appointment_parts
from tests.support.booking import confirm
from tests.support.global_ids import cursor_of, id_of

MOVED = {
    "time": "10:00:00",
    "startsAt": "2026-03-03T10:00:00+01:00",
    "endsAt": "2026-03-03T10:30:00+01:00",
}


def create_appointment(stage: Stage) -> Scene:
    def expected(_got: object) -> dict[str, object]:
        booked = Appointment.objects.latest("pk")
        parts = appointment_parts(stage, **MOVED, id=id_of(booked), reasonForVisit="Check-up")
        return {"createAppointment": {"__typename": "Appointment", **parts}}

    sent = {
        "doctorId": id_of(stage.dora),
        "date": "2026-03-03",
        "time": "10:00",
        "reasonForVisit": "Check-up",
        "idempotencyKey": "one",
    }
    return Scene(expected, {"input": sent}, stage.ann.user)


def reschedule_appointment(stage: Stage) -> Scene:
    answer = {"__typename": "Appointment", **appointment_parts(stage, **MOVED)}
    sent = {"id": id_of(stage.appointment), "date": "2026-03-03", "time": "10:00"}
    return Scene({"rescheduleAppointment": answer}, {"input": sent}, stage.ann.user)


def confirm_appointment(stage: Stage) -> Scene:
    answer = {"__typename": "Appointment", **appointment_parts(stage, status="CONFIRMED")}
    sent = {"id": id_of(stage.appointment)}
    return Scene({"confirmAppointment": answer}, {"input": sent}, stage.dora.user)


def complete_appointment(stage: Stage) -> Scene:
    confirm(stage.dora.user, stage.appointment)
    return Scene(
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
        {"input": {"id": id_of(stage.appointment)}},
        stage.dora.user,
    )


def cancel_appointment(stage: Stage) -> Scene:
    parts = appointment_parts(stage, status="CANCELLED", cancellationReason="Better again")
    return Scene(
        {"cancelAppointment": {"__typename": "Appointment", **parts}},
        {"input": {"id": id_of(stage.appointment), "reason": "Better again"}},
        stage.ann.user,
    )


def my_appointments(stage: Stage) -> Scene:
    cursor = cursor_of("2026-03-03", "09:00:00", stage.appointment.pk)
    return Scene(
        {
            "appointments": {
                "totalCount": 1,
                "pageInfo": {
                    "hasNextPage": False,
                    "hasPreviousPage": False,
                    "startCursor": cursor,
                    "endCursor": cursor,
                },
                "edges": [{"cursor": cursor, "node": appointment_parts(stage)}],
            }
        },
        {
            "filters": {"doctorId": id_of(stage.dora), "status": {"exact": "PENDING"}},
            "ordering": [{"date": "ASC"}, {"time": "ASC"}],
            "first": 10,
        },
        stage.ann.user,
    )


def upcoming(stage: Stage) -> Scene:
    node = {
        "id": id_of(stage.appointment),
        "date": "2026-03-03",
        "time": "09:00:00",
        "status": "PENDING",
    }
    return Scene(
        {"appointments": {"edges": [{"node": node}]}}, {"from": "2026-03-03"}, stage.dora.user
    )


def appointment_by_id(stage: Stage) -> Scene:
    sent = {"id": id_of(stage.appointment)}
    return Scene({"appointment": appointment_parts(stage)}, sent, stage.dora.user)


def appointment_history(stage: Stage) -> Scene:
    confirm(stage.dora.user, stage.appointment)
    lines = [
        {
            "status": status,
            "date": "2026-03-03",
            "time": "09:00:00",
            "changedAt": NOW,
            "changedBy": {"firstName": name, "lastName": "Example"},
        }
        for status, name in (("PENDING", "Ann"), ("CONFIRMED", "Dora"))
    ]
    answer = {"id": id_of(stage.appointment), "history": lines}
    return Scene({"appointment": answer}, {"id": id_of(stage.appointment)}, stage.ann.user)


def appointment_as_node(stage: Stage) -> Scene:
    answer = {
        "__typename": "Appointment",
        "id": id_of(stage.appointment),
        "date": "2026-03-03",
        "time": "09:00:00",
        "status": "PENDING",
    }
    return Scene({"node": answer}, {"id": id_of(stage.appointment)}, stage.ann.user)


def patient_by_id(stage: Stage) -> Scene:
    answer = {
        "id": id_of(stage.ann),
        "dateOfBirth": "1990-05-17",
        "address": "",
        "emergencyContactName": "",
        "emergencyContactPhone": "",
        "user": {"firstName": "Ann", "lastName": "Example", "email": "ann@example.org"},
    }
    return Scene({"patient": answer}, {"id": id_of(stage.ann)}, stage.dora.user)


def my_patients(stage: Stage) -> Scene:
    node = {
        "id": id_of(stage.ann),
        "dateOfBirth": "1990-05-17",
        "user": {"firstName": "Ann", "lastName": "Example", "email": "ann@example.org"},
    }
    return Scene(
        {
            "patients": {
                "totalCount": 1,
                "pageInfo": {
                    "hasNextPage": False,
                    "endCursor": cursor_of("Example", "Ann", stage.ann.pk),
                },
                "edges": [{"node": node}],
            }
        },
        {"search": "ann", "first": 10},
        stage.dora.user,
    )
