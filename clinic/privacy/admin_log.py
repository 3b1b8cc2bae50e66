"""Entries of Django's admin log about a person. They quote names."""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet

from clinic.models import Appointment, Doctor, Patient
from users.models import User


def log_entries_about(user: User) -> QuerySet[LogEntry]:
    """Return the entries about the account, its profiles and its appointments in either role."""
    querysets: list[QuerySet[Model]] = [
        User.objects.filter(pk=user.pk),
        Patient.objects.filter(user=user),
        Doctor.objects.filter(user=user),
        Appointment.objects.of(user),
    ]
    condition = Q(pk__in=())
    for queryset in querysets:
        content_type = ContentType.objects.get_for_model(queryset.model)
        object_ids = [str(pk) for pk in queryset.values_list("pk", flat=True)]
        condition |= Q(content_type=content_type, object_id__in=object_ids)
    return LogEntry.objects.filter(condition)
