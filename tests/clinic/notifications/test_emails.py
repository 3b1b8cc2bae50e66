"""Content of the emails about appointments, and what they must not contain."""

import pytest
from pytest_django import Settings

from clinic.models import Doctor, Patient
from tests.support.booking import book_as_patient, cancel, move
from tests.support.emails import calendar_of, mailbox, part
from tests.support.fixtures.smtp_server import MailServer
from tests.support.task_worker import run_due_tasks
from tests.support.words import has_word

pytestmark = pytest.mark.django_db

ANN, DORA = "ann@example.org", "dora@example.org"


@pytest.fixture(autouse=True)
def _named_clinic(settings: Settings) -> None:
    """Settings whose values must be encoded in email headers."""
    settings.CLINIC_NAME = "Praxis Müller & Söhne"
    settings.DEFAULT_FROM_EMAIL = "appointments@clinic.example"


def test_render_email_to_patient_has_time_doctor_and_clinic_name(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    book_as_patient(ann, dora)
    run_due_tasks()
    [message] = mailbox(mail_server, ANN)
    assert (message["From"], message["To"], message["Subject"]) == (
        "Praxis Müller & Söhne <appointments@clinic.example>",
        ANN,
        "Appointment booked: Tuesday, 3 March 2026, 09:00",
    )
    assert part(message, "text/plain") == (
        "Hello Ann Example,\n"
        "\n"
        "We have booked your appointment. It is not confirmed yet. We will email you once it is.\n"
        "\n"
        "  Tuesday, 3 March 2026, 09:00 to 09:30\n"
        "  Doctor: Dora Example\n"
        "  Duration: 30 minutes\n"
        "\n"
        "All times are in the clinic's time zone (Europe/Berlin).\n"
        "\n"
        "Praxis Müller & Söhne\n"
        "This is an automatic message. Replies are not read.\n"
        "\n"
    )


def test_render_email_to_doctor_has_patient_and_previous_time(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    appointment = book_as_patient(ann, dora)
    run_due_tasks()
    move(ann.user, appointment)
    run_due_tasks()
    [_, message] = mailbox(mail_server, DORA)
    assert part(message, "text/plain").splitlines()[2:8] == [
        "The appointment has been moved to a new time. Please confirm, reschedule or cancel it.",
        "",
        "  Tuesday, 3 March 2026, 10:00 to 10:30",
        "  Previous time: Tuesday, 3 March 2026, 09:00",
        "  Patient: Ann Example",
        "  Duration: 30 minutes",
    ]


def test_render_email_has_text_html_and_calendar_in_this_order(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    book_as_patient(ann, dora)
    run_due_tasks()
    [message] = mailbox(mail_server, ANN)
    # Mail programs show the last part that they support (RFC 2046, 5.1.4).
    assert [message.get_content_type(), *[p.get_content_type() for p in message.iter_parts()]] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    calendar = list(message.iter_parts())[-1]
    assert calendar["Content-Type"].params == {"method": "REQUEST", "charset": "utf-8"}


def test_render_email_escapes_names_in_html_only(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    dora.user.last_name = "<img src=x>"
    dora.user.save()
    book_as_patient(ann, dora)
    run_due_tasks()
    [message] = mailbox(mail_server, ANN)
    html = part(message, "text/html")
    assert ("<img" in html, "Dora &lt;img src=x&gt;" in html) == (False, True)
    assert "  Doctor: Dora <img src=x>\n" in part(message, "text/plain")


def test_render_email_gives_each_notification_its_own_message_id(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    appointment = book_as_patient(ann, dora)
    run_due_tasks()
    cancel(ann.user, appointment)
    run_due_tasks()
    ids = [message["Message-ID"] for _, message in mail_server.received]
    assert len(set(ids)) == 4
    assert {name.partition("@")[2] for name in ids} == {"clinic.example>"}


def test_render_email_contains_no_medical_data(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    dora.specialty = "Oncology"
    dora.save()
    appointment = book_as_patient(ann, dora, reason_for_visit="Canary of a lump")
    run_due_tasks()
    cancel(dora.user, appointment, "Canary of a result")
    run_due_tasks()
    everything = [
        *(str(value) for _, message in mail_server.received for value in message.values()),
        *(
            str(p.get_content())
            for _, message in mail_server.received
            for p in message.walk()
            if not p.is_multipart()
        ),
    ]
    assert len(mail_server.received) == 4
    assert [t for t in everything if "canary" in t.lower() or "oncology" in t.lower()] == []
    # Subject and calendar are visible to bystanders, so they do not name the patient.
    for message in mailbox(mail_server, DORA):
        event = calendar_of(message).events[0]
        assert not has_word(f"{message['Subject']} {event.get('SUMMARY')}", "Ann")
