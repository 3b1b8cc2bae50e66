"""What the audit remembers, as tests compare it."""

from clinic.models import AccessRecord, Patient


def remembered() -> list[tuple[str, str, str, str, list[str]]]:
    """Actor, what was done, by which operation, to whose records, to which fields."""
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
