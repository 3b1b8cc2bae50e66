"""Tests of sending email over SMTP and of the errors that are logged."""

import traceback

import pytest
from django.core.mail import EmailMessage
from pytest_django import Settings

from tests.support.fixtures.smtp_server import MailServer
from users.common.email import EmailNotSent, send_email


def build_message() -> EmailMessage:
    return EmailMessage("Grüße", "Zur Übung.", "Clinic <clinic@example.org>", ["ann@example.org"])


def test_send_email_delivers_message_marked_as_auto_generated(
    mail_server: MailServer,
) -> None:
    send_email(build_message())
    [(recipients, message)] = mail_server.received
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


def send_error(message: EmailMessage) -> tuple[str, bool]:
    """Return the text of the error, and whether its traceback names the recipient."""
    with pytest.raises(EmailNotSent) as caught:
        send_email(message)
    text = "".join(traceback.format_exception(caught.value))
    return str(caught.value), "ann@" in text


def test_send_email_error_has_smtp_code_and_no_recipient(mail_server: MailServer) -> None:
    mail_server.response = "451 4.3.0 Later, <ann@example.org>"
    rejected_message = send_error(build_message())
    mail_server.rejected = {"ann@example.org"}
    rejected_recipient = send_error(build_message())
    assert (rejected_message, rejected_recipient, mail_server.received) == (
        ("SMTPDataError 451", False),
        ("SMTPRecipientsRefused 550", False),
        [],
    )


def test_send_email_raises_email_not_sent_without_server(
    mail_server: MailServer, settings: Settings
) -> None:
    settings.EMAIL_PORT = 1  # tcpmux: no server listens there
    assert send_error(build_message()) == ("ConnectionRefusedError", False)
