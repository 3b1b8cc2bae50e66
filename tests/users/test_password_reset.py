"""Test of the password reset email."""

import pytest
from pytest_django import Settings

from tests.support.emails import mailbox, part
from tests.support.fixtures.people import make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.task_worker import run_due_tasks
from users import password_reset

pytestmark = pytest.mark.django_db

LINK = "https://clinic.example/reset?a&t={token}"
# This server's page.
PAGE = "http://testserver/account/reset-password/{path}"
WITH_TOKEN = (
    "Choose a new password here within 60 minutes: " + PAGE + "\n\n"
    "If your application asks for a token, enter this one:\n\n{token}\n"
)


@pytest.fixture(autouse=True)
def _clinic_name(settings: Settings) -> None:
    """Set a name with characters that headers and HTML must escape."""
    settings.CLINIC_NAME = "Praxis Müller & Söhne"
    settings.DEFAULT_FROM_EMAIL = "appointments@clinic.example"


@pytest.mark.parametrize(
    ("url", "instruction", "in_html"),
    [
        (
            LINK,
            f"Choose a new password here within 60 minutes:\n\n{LINK}\n",
            'href="https://clinic.example/reset?a&amp;t={token}"',
        ),
        (
            "",
            WITH_TOKEN,
            f'href="{PAGE}"',
        ),
    ],
)
def test_send_token_emails_link_as_text_and_html(
    mail_server: MailServer, settings: Settings, url: str, instruction: str, in_html: str
) -> None:
    settings.PASSWORD_RESET_URL = url
    ann = make_user("Ann")
    ann.last_name = "<b>O'Hara</b>"
    ann.save()
    password_reset.request(ann.email)
    run_due_tasks()
    [message] = mailbox(mail_server, ann.email)
    token = password_reset.make_token(ann)
    assert (message["From"], message["Subject"]) == (
        "Praxis Müller & Söhne <appointments@clinic.example>",
        "Reset your password for Praxis Müller & Söhne",
    )
    assert part(message, "text/plain") == (
        "Hello Ann <b>O'Hara</b>,\n"
        "\n"
        "We received a request to reset the password of your account.\n"
        "\n"
        f"{instruction.format(token=token, path=token.replace('.', '/'))}"
        "\n"
        "A new password ends all sessions and gives your calendar feed a new URL: subscribe to it "
        "again in your calendar.\n"
        "\n"
        "If you did not make this request, ignore this email. Your password stays unchanged.\n"
        "\n"
        "Praxis Müller & Söhne\n"
        "This is an automatic message. Replies are not read.\n"
        "\n"
    )
    html = part(message, "text/html")
    assert html.count(in_html.format(token=token, path=token.replace(".", "/"))) == 1
    assert ("Hello Ann &lt;b&gt;O&#x27;Hara&lt;/b&gt;," in html, "<b>" in html) == (True, False)
