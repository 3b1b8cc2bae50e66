"""Build and send email messages."""

import smtplib
from collections.abc import Mapping
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string

from users.models import User


class EmailNotSent(Exception):
    """The SMTP server did not accept an email. The text has the reason, not the recipient."""


def build_email(
    template: str, recipient: User, *, subject: str, headline: str, context: Mapping[str, object]
) -> EmailMultiAlternatives:
    """Return an email rendered from ``{template}.txt`` and ``{template}.html``.

    Both templates extend ``users/emails/base``. They receive ``context``, ``clinic`` (its
    name), ``recipient`` and ``headline``.
    """
    template_context = {
        **context,
        "clinic": settings.CLINIC_NAME,
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

    Raises ``EmailNotSent``. Neither it nor its chained exceptions contain the recipient's
    address, so they can be logged.
    """
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    try:
        message.send()
    except OSError as error:  # includes all exceptions of smtplib
        reason = _reason(error)
    else:
        return
    # Raised outside the handler: the text of the chained error would quote the address.
    raise EmailNotSent(reason)


def _reason(error: OSError) -> str:
    """Return the class of the error and the SMTP status codes in it."""
    codes = [
        *([error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []),
        *(code for code, _ in getattr(error, "recipients", {}).values()),
    ]
    return " ".join([type(error).__name__, *map(str, codes)])
