"""How a letter leaves."""

import smtplib

from django.core.mail import EmailMessage


class NotSent(Exception):
    """The mail server did not take a letter; says why, without the address it was for."""


def send(letter: EmailMessage) -> None:
    """Hand a letter to the mail server, as one that no person wrote (RFC 3834).

    Raises ``NotSent``, with nothing in it or behind it that must not be logged.
    """
    letter.extra_headers["Auto-Submitted"] = "auto-generated"
    try:
        letter.send()
    except OSError as error:  # smtplib's own are of this kind, too
        why = _reason(error)
    else:
        return
    # Outside the handler: the error's text, which would be chained, quotes the address.
    raise NotSent(why)


def _reason(error: OSError) -> str:
    codes = [
        *([error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []),
        *(code for code, _ in getattr(error, "recipients", {}).values()),
    ]
    return " ".join([type(error).__name__, *map(str, codes)])
