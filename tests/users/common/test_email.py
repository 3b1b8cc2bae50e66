"""Tests of sending email over SMTP and of the errors that are logged."""

import traceback

import pytest
from django.core.mail import EmailMessage
from pytest_django import Settings

from tests.support.counting import counted
from tests.support.fixtures.smtp_server import MailServer
from users.common import metrics
from users.common.email import EmailNotSent, deliver_email, send_email


def build_message(sender: str = "Clinic <clinic@example.org>") -> EmailMessage:
    return EmailMessage("Grüße", "Zur Übung.", sender, ["ann@example.org"])


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


@pytest.mark.parametrize(
    "recipient",
    [
        "ann@straße.de",
        "änn@example.org",
        '"ann@evil.example"@example.org',
        "=?utf-8?q?ann?=@example.org",
        "ANN@example.org",
        "ann@example.org, ben@example.org",
    ],
)
def test_send_email_rejects_recipient_that_is_not_canonical(
    mail_server: MailServer, recipient: str
) -> None:
    message = build_message()
    message.cc = [recipient]
    assert send_error(message) == ("NonCanonicalAddress", False)
    assert mail_server.received == []


@pytest.mark.parametrize(
    ("sender", "subject", "error"),
    [
        ("clinic@müller\u200b" + "x" * 64 + ".example", "Hello", "UnicodeError"),
        ("Clinic <>", "Hello", "TypeError"),
        ("clinic@example.org", "Hello\nBcc: ann@example.org", "BadHeaderError"),
    ],
)
def test_send_email_raises_email_not_sent_for_every_error(
    mail_server: MailServer, sender: str, subject: str, error: str
) -> None:
    message = build_message(sender=sender)
    message.subject = subject
    assert send_error(message) == (error, False)
    assert mail_server.received == []


def fail_to_build() -> EmailMessage:
    raise LookupError("ann@example.org")


def test_deliver_email_raises_email_not_sent_if_it_cannot_be_built(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(EmailNotSent) as caught:
        deliver_email(fail_to_build)
    text = "".join(traceback.format_exception(caught.value))
    assert (str(caught.value), "ann@" in text) == ("LookupError", False)
    assert [record.getMessage() for record in caplog.records] == [
        "An email could not be built or sent"
    ]


def test_send_email_counts_each_attempt_once_by_outcome(
    mail_server: MailServer, settings: Settings
) -> None:
    with counted(metrics.EMAILS) as emails:
        deliver_email(build_message)
        mail_server.response = "451 4.3.0 Later"
        send_error(build_message())
        mail_server.rejected = {"ann@example.org"}
        send_error(build_message())
        settings.EMAIL_PORT = 1  # tcpmux: no server listens there
        send_error(build_message())
        send_error(EmailMessage("Grüße", "Zur Übung.", to=["ann@straße.de"]))
        with pytest.raises(EmailNotSent):
            deliver_email(lambda: build_message(f"{1 / 0}"))
    assert emails == {
        ("sent",): 1,
        ("refused",): 2,
        ("unreachable",): 1,
        ("invalid_address",): 1,
        ("error",): 1,
    }
