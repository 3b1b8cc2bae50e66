"""Notify the guardians of a patient who can sign in from now on."""

from functools import partial

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _
from django_tasks import task

from clinic.models import Guardian
from clinic.notifications.recipients import can_be_notified
from users.common import email
from users.models import User

TEMPLATE = "clinic/emails/own_account"


def enqueue_notifications(patient_user_id: int) -> None:
    """Enqueue an email to each guardian of the person (a user id), in the current transaction."""
    for guardian in Guardian.objects.filter(patient__user=patient_user_id).with_people():
        enqueue_notification(guardian)


def enqueue_notification(guardian: Guardian) -> None:
    """Enqueue the email to one guardian, if there is an address to which it can be sent."""
    if can_be_notified(guardian.user):
        send_own_account.enqueue(guardian.pk)


@task
def send_own_account(guardian_id: int) -> None:
    """Send the email to a guardian. Raises ``EmailNotSent``; the queue then retries.

    Sends nothing if the right has ended, or the patient cannot sign in any more.
    """
    guardians = Guardian.objects.select_related("user", "patient__user")
    guardian = guardians.filter(pk=guardian_id, user__is_active=True).get_or_none()
    if guardian is not None and guardian.patient.user.can_sign_in:
        email.deliver_email(partial(_render, guardian.user, guardian.patient.user))


def _render(recipient: User, patient: User) -> EmailMultiAlternatives:
    headline = _("A patient for whom you act has an account now")
    return email.build_email(
        TEMPLATE,
        recipient,
        subject=_("{headline}: {clinic}").format(headline=headline, clinic=settings.CLINIC_NAME),
        headline=headline,
        # A name is text that somebody typed: none goes to an address that may be a stranger's.
        context={"patient": patient if recipient.has_verified_email else None},
    )
