"""How a letter of the clinic's looks, and how it leaves."""

import smtplib
from collections.abc import Mapping
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string

from users.models import User


class EmailNotSent(Exception):
    """The mail server did not take a letter; says why, without the address it was for."""


def build_email(
    template: str, recipient: User, *, subject: str, headline: str, context: Mapping[str, object]
) -> EmailMultiAlternatives:
    """A letter from ``template``.txt and ``template``.html, which extend ``users/mail/letter``."""
    told = {
        **context,
        "clinic": settings.CLINIC_NAME,
        "recipient": recipient,
        "headline": headline,
    }
    sender = (settings.CLINIC_NAME, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    letter = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"{template}.txt", told),
        from_email=formataddr(sender, charset="utf-8"),
        to=[recipient.email],
    )
    letter.attach_alternative(render_to_string(f"{template}.html", told), "text/html")
    return letter


def send(letter: EmailMessage) -> None:
    """Hand a letter to the mail server, as one that no person wrote (RFC 3834).

    Raises ``EmailNotSent``, with nothing in it or behind it that must not be logged.
    """
    letter.extra_headers["Auto-Submitted"] = "auto-generated"
    try:
        letter.send()
    except OSError as error:  # smtplib's own are of this kind, too
        why = _reason(error)
    else:
        return
    # Outside the handler: the error's text, which would be chained, quotes the address.
    raise EmailNotSent(why)


def _reason(error: OSError) -> str:
    codes = [
        *([error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []),
        *(code for code, _ in getattr(error, "recipients", {}).values()),
    ]
    return " ".join([type(error).__name__, *map(str, codes)])
