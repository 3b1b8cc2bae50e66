"""What the admin's log holds about a person: its lines quote names."""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet

from clinic.models import Appointment, Doctor, Patient
from users.models import User


def log_entries_about(user: User) -> QuerySet[LogEntry]:
    """Those about the account, its profiles, and the visits on either side."""
    about: list[QuerySet[Model]] = [
        User.objects.filter(pk=user.pk),
        Patient.objects.filter(user=user),
        Doctor.objects.filter(user=user),
        Appointment.objects.of(user),
    ]
    lines = Q(pk__in=())
    for rows in about:
        kind = ContentType.objects.get_for_model(rows.model)
        keys = [str(pk) for pk in rows.values_list("pk", flat=True)]
        lines |= Q(content_type=kind, object_id__in=keys)
    return LogEntry.objects.filter(lines)
