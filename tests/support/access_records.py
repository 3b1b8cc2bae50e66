"""Access records in a form that tests can compare."""

from clinic.models import AccessRecord, Patient

# What the printed pages and the CSV file of appointments show of each.
LISTED_APPOINTMENT_FIELDS = [
    "Appointment.appointment_type",
    "Appointment.arrived_at",
    "Appointment.date",
    "Appointment.doctor",
    "Appointment.duration_minutes",
    "Appointment.patient",
    "Appointment.reason_for_visit",
    "Appointment.status",
    "Appointment.time",
]


def recorded_accesses() -> list[tuple[str, str, str, str, list[str]]]:
    """Return actor, action, operation, patients and fields of each access record.

    Actor and patients are first names; the patients are separated by spaces.
    """
    names = dict(Patient.objects.values_list("pk", "user__first_name"))
    return [
        (
            row.actor.first_name,
            row.action,
            row.operation,
            " ".join(names[patient] for patient in row.patients),
            row.fields,
        )
        for row in AccessRecord.objects.order_by("pk").select_related("actor")
    ]
