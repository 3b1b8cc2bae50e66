"""Access records in a form that tests can compare."""

from clinic.models import AccessRecord, Patient


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
