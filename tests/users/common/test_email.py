"""Letters leave over SMTP, and a refusal tells no more than it must."""

import traceback

import pytest
from django.core.mail import EmailMessage
from pytest_django import Settings

from tests.support.fixtures.smtp_server import MailServer
from users.common.email import EmailNotSent, send_email


def letter() -> EmailMessage:
    return EmailMessage("Grüße", "Zur Übung.", "Clinic <clinic@example.org>", ["ann@example.org"])


def test_a_letter_arrives_as_it_was_written_and_says_that_nobody_wrote_it(
    mail_server: MailServer,
) -> None:
    send_email(letter())
    [(recipients, message)] = mail_server.taken
    assert (recipients, message["From"], message["To"], message["Subject"]) == (
        ["ann@example.org"],
        "Clinic <clinic@example.org>",
        "ann@example.org",
        "Grüße",
    )
    assert (message["Auto-Submitted"], message.get_content().strip()) == (
        "auto-generated",
        "Zur Übung.",
    )


def refusal_of(sent: EmailMessage) -> tuple[str, bool]:
    """What ``NotSent`` says, and whether its traceback names the recipient."""
    with pytest.raises(EmailNotSent) as caught:
        send_email(sent)
    told = "".join(traceback.format_exception(caught.value))
    return str(caught.value), "ann@" in told


def test_a_refusal_tells_why_and_never_to_whom(mail_server: MailServer) -> None:
    mail_server.answer = "451 4.3.0 Later, <ann@example.org>"
    busy = refusal_of(letter())
    mail_server.refused = {"ann@example.org"}
    no_such = refusal_of(letter())
    assert (busy, no_such, mail_server.taken) == (
        ("SMTPDataError 451", False),
        ("SMTPRecipientsRefused 550", False),
        [],
    )


def test_a_mail_server_that_is_not_there_is_a_refusal(
    mail_server: MailServer, settings: Settings
) -> None:
    settings.EMAIL_PORT = 1  # tcpmux: nobody listens there
    assert refusal_of(letter()) == ("ConnectionRefusedError", False)
