"""Helpers that read emails: of the test mail server, and of Django's outbox."""

from email.message import EmailMessage

from django.core.mail import EmailMessage as DjangoMessage
from django.core.mail import EmailMultiAlternatives
from icalendar import Calendar

from tests.support.fixtures.smtp_server import MailServer


def part(message: EmailMessage, content_type: str) -> str:
    """Return the text of the only part of this type, such as ``text/html``."""
    [content] = [p.get_content() for p in message.walk() if p.get_content_type() == content_type]
    text: str = content
    return text.replace("\r\n", "\n")


def calendar_of(message: EmailMessage) -> Calendar:
    """Return the parsed calendar part."""
    calendar = Calendar.from_ical(part(message, "text/calendar"))
    assert isinstance(calendar, Calendar)
    return calendar


def mailbox(server: MailServer, address: str) -> list[EmailMessage]:
    """Return the emails that were sent to this address only, oldest first."""
    return [message for recipients, message in server.received if recipients == [address]]


def subjects(server: MailServer) -> list[tuple[str, str]]:
    """Return recipient and subject of all received emails, oldest first."""
    return [(recipients[0], message["Subject"]) for recipients, message in server.received]


def content_of(message: DjangoMessage) -> str:
    """Return all that a reader of an email in the outbox sees, with its headers and attachments.

    Without identifiers that Django adds, which could contain any digits by chance.
    """
    parts = [message.subject, message.extra_headers, message.body, *message.attachments]
    if isinstance(message, EmailMultiAlternatives):
        parts += message.alternatives
    return "\n".join(map(str, parts))
