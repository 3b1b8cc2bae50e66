"""Build and send email messages."""

import logging
import smtplib
from collections.abc import Callable, Mapping
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string

from users.common import metrics
from users.email_addresses import is_canonical
from users.models import User

logger = logging.getLogger(__name__)


class EmailNotSent(Exception):
    """An email could not be sent. The text has the reason, not the recipient."""


class NoAddress(ValueError):
    """The recipient has no email address. Django would send nothing, and report no error."""


class NonCanonicalAddress(ValueError):
    """Django would encode the address, by IDNA 2003, and so could mail another one."""


def deliver_email(build: Callable[[], EmailMessage]) -> None:
    """Build and send an email.

    Raises ``EmailNotSent`` whatever fails, so that the caller can record it and try again.
    """
    try:
        message = build()
    except Exception as error:  # noqa: BLE001 - otherwise the failure would not be recorded
        reason = _reason(error)
        metrics.count_email(_outcome(error))
    else:
        send_email(message)
        return
    raise EmailNotSent(reason)


def build_email(
    template: str, recipient: User, *, subject: str, headline: str, context: Mapping[str, object]
) -> EmailMultiAlternatives:
    """Return an email rendered from ``{template}.txt`` and ``{template}.html``.

    Both templates extend ``users/emails/base``. They receive ``context``, ``clinic`` (its
    name), ``clinic_phone`` (can be empty), ``recipient`` and ``headline``.
    """
    template_context = {
        **context,
        "clinic": settings.CLINIC_NAME,
        "clinic_phone": settings.CLINIC_PHONE,
        "recipient": recipient,
        "headline": headline,
    }
    sender = (settings.CLINIC_NAME, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"{template}.txt", template_context),
        from_email=formataddr(sender, charset="utf-8"),
        to=[recipient.email],
    )
    html = render_to_string(f"{template}.html", template_context)
    message.attach_alternative(html, "text/html")
    return message


def send_email(message: EmailMessage) -> None:
    """Send an email, marked as automatically generated (RFC 3834).

    Raises ``EmailNotSent``, also without a recipient whose address is canonical. Neither it nor its
    chained exceptions contain the recipient's address, so they can be logged.
    """
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    try:
        _require_canonical_recipients(message)
        message.send()
    except Exception as error:  # noqa: BLE001 - not all are OSErrors: a header can be invalid
        reason = _reason(error)
        metrics.count_email(_outcome(error))
    else:
        metrics.count_email("sent")
        return
    # Raised outside the handler: the text of the chained error would quote the address.
    raise EmailNotSent(reason)


def _require_canonical_recipients(message: EmailMessage) -> None:
    recipients = message.recipients()
    if not recipients:
        raise NoAddress
    if not all(map(is_canonical, recipients)):
        raise NonCanonicalAddress


def _outcome(error: Exception) -> str:
    """Return the outcome of a failed attempt, as the metric names it."""
    match error:
        case smtplib.SMTPResponseException() | smtplib.SMTPRecipientsRefused():
            return "refused"  # by the mail server
        case OSError():
            return "unreachable"
        case NoAddress() | NonCanonicalAddress():
            return "invalid_address"
    return "error"


def _reason(error: Exception) -> str:
    """Return the class of the error and the SMTP status codes in it.

    Logs errors that are not the mail server's, because their place in the code matters.
    """
    if not isinstance(error, OSError | NoAddress | NonCanonicalAddress):
        logger.error("An email could not be built or sent", exc_info=error)
    codes = [
        *([error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []),
        *(code for code, _ in getattr(error, "recipients", {}).values()),
    ]
    return " ".join([type(error).__name__, *map(str, codes)])
