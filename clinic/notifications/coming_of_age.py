"""Notify parents and legal guardians that their right to act ends, because the patient is of age.

The right itself ends when staff confirm it.
"""

import datetime as dt
from functools import partial

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils.translation import gettext as _
from django_tasks import task

from clinic.models import Guardian, Patient
from clinic.models.busy_tick import lock_people
from clinic.models.guardian import GuardianQuerySet
from clinic.notifications.recipients import can_be_notified
from users.common import email
from users.common.task_priorities import BULK
from users.models import User

TEMPLATE = "clinic/emails/coming_of_age"


def enqueue_due_notifications(now: dt.datetime) -> int:
    """Enqueue an email to each parent and legal guardian of a patient who is of age.

    ``now`` is aware, in the clinic's zone. Each is notified once, and the patient once, if they
    have an email address. Returns the number of guardians. Safe to run in several processes.
    """
    due = set(guardians_due(now).values_list("patient", flat=True))
    patients = Patient.objects.filter(pk__in=due).select_related("user").order_by("pk")
    return sum(_notify(patient, now) for patient in patients)


def guardians_due(now: dt.datetime) -> GuardianQuerySet:
    """Return the parents and legal guardians of patients of age who were not notified yet."""
    return Guardian.objects.ending_with_age(now.date()).filter(age_notified_at=None)


@transaction.atomic
def _notify(patient: Patient, now: dt.datetime) -> int:
    # Another process can have notified them since the list was read.
    lock_people({patient.user_id})
    is_first = not patient.guardians.filter(age_notified_at__isnull=False).exists()
    due = list(guardians_due(now).filter(patient=patient).with_people())
    Guardian.objects.filter(pk__in=[guardian.pk for guardian in due]).update(age_notified_at=now)
    recipients = [guardian.user for guardian in due]
    if due and is_first:
        recipients.append(patient.user)
    for person in recipients:
        if can_be_notified(person):
            send_coming_of_age.enqueue(person.pk, patient.pk)
    return len(due)


@task(priority=BULK)
def send_coming_of_age(recipient_id: int, patient_id: int) -> None:
    """Send the email to a guardian, or to the patient, about the end of the right to act.

    ``recipient_id`` is a user id. Sends nothing if the right has ended or the patient was erased
    meanwhile. Raises ``EmailNotSent``; the queue then retries.
    """
    patients = Patient.objects.filter(pk=patient_id, user__is_active=True)
    patient = patients.select_related("user").get_or_none()
    guardians = list(Guardian.objects.filter(patient=patient_id).with_people())
    if patient is None or not guardians:
        return
    for person in (*(guardian.user for guardian in guardians), patient.user):
        if person.pk == recipient_id and person.is_active:
            email.deliver_email(partial(_render, person, patient))


def _render(recipient: User, patient: Patient) -> EmailMultiAlternatives:
    is_to_patient = recipient.pk == patient.user_id
    headline = _("The right to act for a patient ends")
    return email.build_email(
        TEMPLATE,
        recipient,
        subject=_("{headline}: {clinic}").format(headline=headline, clinic=settings.CLINIC_NAME),
        headline=headline,
        context={
            "is_to_patient": is_to_patient,
            # A name is text that somebody typed: none goes to an address that may be a stranger's.
            "patient": patient.user if recipient.has_verified_email and not is_to_patient else None,
            "age": settings.DEPENDANT_AGE_LIMIT,
        },
    )
