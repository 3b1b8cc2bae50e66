"""Contract cases of dependants, guardians and assistants."""

from typing import Any

from clinic.guardians import add_guardian
from clinic.models import Guardian, Patient, Relationship
from clinic.models.access_record import AccessAction, AccessRecord
from tests.schema.contract_cases.case import Case, Context, slot
from tests.support.acting_people import make_dependant
from tests.support.fixtures.people import make_user
from tests.support.global_ids import cursor_of, id_of
from users.models import User


def dependant_parts(patient: Patient, *guardians: tuple[User, str]) -> dict[str, Any]:
    """Return the fragment ``DependantParts`` of a patient with these guardians."""
    return {
        "id": id_of(patient),
        "dateOfBirth": patient.date_of_birth.isoformat(),
        "user": {
            "firstName": patient.user.first_name,
            "lastName": "Example",
            "email": patient.user.email,
        },
        "guardians": [
            {
                "person": {
                    "id": id_of(user, "Person"),
                    "firstName": user.first_name,
                    "lastName": "Example",
                },
                "relationship": relationship,
            }
            for user, relationship in guardians
        ],
    }


def add_dependant_(context: Context) -> Case:
    user = context.ann.user
    sent = {
        "firstName": "Kim",
        "lastName": "Example",
        "dateOfBirth": "2018-06-01",
        "relationship": "PARENT",
        "gender": "OTHER",
    }

    def expected(_got: Any) -> dict[str, Any]:
        patient = Guardian.objects.select_related("patient__user").get(user=user).patient
        parts = dependant_parts(patient, (user, "PARENT"))
        return {"addDependant": {"__typename": "Patient", **parts}}

    return Case(expected, {"input": sent}, user)


def remove_dependant(context: Context) -> Case:
    user = context.ann.user
    kim = make_dependant(user)
    # The caller sees no more than the name now.
    parts = dependant_parts(kim) | {"dateOfBirth": None}
    return Case(
        {"removeDependant": {"__typename": "Patient", **parts}},
        {"input": {"patientId": id_of(kim)}},
        user,
    )


def my_dependants(context: Context) -> Case:
    user = context.ann.user
    kim = make_dependant(user)
    return Case(
        {
            "me": {
                "id": id_of(user),
                "isStaff": False,
                "patients": [
                    dependant_parts(context.ann),
                    dependant_parts(kim, (user, "PARENT")),
                ],
                "assistedDoctors": [],
            }
        },
        sender=user,
    )


def patient_access_log(context: Context) -> Case:
    kim, olga = make_dependant(context.ann.user), make_user("Olga")
    add_guardian(kim, olga, Relationship.CARER)
    record = AccessRecord.objects.create(
        actor=olga,
        on_behalf_of=kim.user,
        patients=[kim.pk],
        action=AccessAction.READ,
        fields=["Patient.address"],
    )
    node = {
        "id": id_of(record),
        "action": "READ",
        "fields": ["Patient.address"],
        "actor": {"firstName": "Olga"},
        "onBehalfOf": {"firstName": "Kim"},
    }
    log = {
        "totalCount": 1,
        "pageInfo": {
            "hasNextPage": False,
            "endCursor": cursor_of(record.at.isoformat(), record.pk),
        },
        "edges": [{"node": node}],
    }
    return Case(
        {"patient": {"id": id_of(kim), "accessLog": log}},
        {"id": id_of(kim)},
        context.ann.user,
    )


def slots_for_patient(context: Context) -> Case:
    kim = make_dependant(context.ann.user)
    times = [f"{hour:02}:{minute:02}" for hour in range(9, 17) for minute in (0, 30)]
    ends = [*times[1:], "17:00"]
    slots = [slot(*pair) for pair in zip(times, ends, strict=True)][1:]
    return Case(
        {"doctor": {"id": id_of(context.dora), "availableSlots": slots}},
        {
            "doctorId": id_of(context.dora),
            "patientId": id_of(kim),
            "start": "2026-03-03",
            "days": 1,
        },
        context.ann.user,
    )


def next_available_for_patient(context: Context) -> Case:
    kim = make_dependant(context.ann.user)
    next_slot = {"date": "2026-03-02", "time": "09:00:00", "durationMinutes": 30}
    return Case(
        {"nextAvailable": [{"doctor": {"id": id_of(context.dora)}, "slot": next_slot}]},
        {"patientId": id_of(kim)},
        context.ann.user,
    )


def set_assistants(context: Context) -> Case:
    olga = make_user("Olga")
    assistant = {
        "id": id_of(olga, "Person"),
        "firstName": "Olga",
        "lastName": "Example",
        "email": "olga@example.org",
    }
    return Case(
        {
            "setAssistants": {
                "__typename": "Doctor",
                "id": id_of(context.dora),
                "assistants": [assistant],
            }
        },
        {"input": {"emails": ["Olga@Example.org", "olga@example.org"]}},
        context.dora.user,
    )
