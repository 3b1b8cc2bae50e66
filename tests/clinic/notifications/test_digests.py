"""At most 20 emails a day go to one address; what is more is gathered into one email."""

import datetime as dt

import pytest
from django.core.management import call_command
from pytest_django import Settings
from time_machine import Traveller

from clinic.models import Doctor, Notification, Patient
from tests.support.booking import TUESDAY, book_as_patient, cancel, move
from tests.support.emails import mailbox, part
from tests.support.fixtures.smtp_server import ACCEPTED, MailServer
from tests.support.task_worker import run_due_tasks

pytestmark = pytest.mark.django_db

ANN, DORA = "ann@example.org", "dora@example.org"
MORE = (
    "There were 3 more changes to your appointments, about which we did not email you at the time, "
    "because you had received many emails on that day. Your appointments now:"
)
DIGEST = "Changes to your appointments"
TIMES = [dt.time(hour, minute) for hour in range(9, 17) for minute in (0, 30)]


@pytest.fixture
def _three_a_day(settings: Settings) -> None:
    """Hold the emails to an address after three on a day."""
    settings.MAX_EMAILS_PER_DAY = 3


def book_many(ann: Patient, dora: Doctor, number: int) -> None:
    """Book ``number`` appointments, from Tuesday on, and send the emails."""
    for n in range(number):
        day, slot = divmod(n, len(TIMES))
        book_as_patient(ann, dora, TUESDAY + dt.timedelta(days=day), TIMES[slot])
    run_due_tasks()


def send_digests(clock: Traveller) -> None:
    """Let the night pass and send what is due, without reminders."""
    clock.move_to("2026-03-03T00:30:00+01:00")
    call_command("send_reminders", verbosity=0)
    run_due_tasks()


def subjects(server: MailServer, address: str) -> list[str]:
    return [message["Subject"] for message in mailbox(server, address)]


def test_send_notification_stops_after_twenty_emails_and_a_digest_follows(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    book_many(ann, dora, 23)
    assert (len(mailbox(mail_server, ANN)), len(mailbox(mail_server, DORA))) == (20, 20)
    held = Notification.objects.waiting().filter(held_at__isnull=False)
    assert held.count() == 6
    # The queue decides in which order the emails of one moment are sent.
    starts = sorted(held.filter(recipient=ann.user).values_list("date", "time"))
    listed = "\n".join(f"  {date:%A, %-d %B %Y}, {time:%H:%M} (Pending)" for date, time in starts)
    mail_server.received.clear()
    send_digests(clock)
    digests = [message for message in mailbox(mail_server, ANN) if message["Subject"] == DIGEST]
    assert [part(message, "text/plain").strip() for message in digests] == [
        f"""Hello Ann Example,

{MORE}

{listed}

Sign in to see the details.

All times are in the clinic's time zone (Europe/Berlin).

CyberMed
This is an automatic message. Replies are not read."""
    ]
    assert subjects(mail_server, DORA) == [DIGEST]
    mail_server.received.clear()
    call_command("send_reminders", verbosity=0)
    run_due_tasks()
    assert mail_server.received == []


def test_hundred_moves_of_one_appointment_send_twenty_emails_to_each_party(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    """The attack: before, 100 moves sent 202 emails."""
    appointment = book_as_patient(ann, dora)
    for n in range(100):
        day, slot = divmod(n + 1, len(TIMES))
        move(dora.user, appointment, TUESDAY + dt.timedelta(days=day), TIMES[slot])
        run_due_tasks()
    assert (len(mailbox(mail_server, ANN)), len(mailbox(mail_server, DORA))) == (20, 20)


@pytest.mark.usefixtures("_three_a_day")
def test_emails_of_the_next_day_are_sent_at_once(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    book_many(ann, dora, 4)
    clock.move_to("2026-03-03T00:05:00+01:00")
    mail_server.received.clear()
    book_as_patient(ann, dora, TUESDAY + dt.timedelta(days=7))
    run_due_tasks()
    assert subjects(mail_server, ANN) == ["Appointment booked: Tuesday, 10 March 2026, 09:00"]


@pytest.mark.usefixtures("_three_a_day")
def test_digest_that_cannot_be_sent_is_tried_again(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    book_many(ann, dora, 4)
    mail_server.received.clear()
    mail_server.response = "451 try later"
    send_digests(clock)
    held = Notification.objects.waiting().filter(held_at__isnull=False)
    assert set(held.values_list("failures", "last_failure", "sending_since")) == {
        (1, "SMTPDataError 451", None)
    }
    mail_server.response = ACCEPTED
    mail_server.received.clear()
    clock.shift(dt.timedelta(hours=5))
    call_command("send_reminders", verbosity=0)
    run_due_tasks()
    assert subjects(mail_server, DORA) == [DIGEST]


@pytest.mark.usefixtures("_three_a_day")
def test_digest_without_a_coming_appointment_is_dropped(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    book_many(ann, dora, 3)
    appointment = book_as_patient(ann, dora, TUESDAY + dt.timedelta(days=1), TIMES[8])
    run_due_tasks()
    cancel(ann.user, appointment)
    run_due_tasks()
    clock.move_to("2026-03-05T08:00:00+01:00")
    mail_server.received.clear()
    call_command("send_reminders", verbosity=0)
    run_due_tasks()
    assert DIGEST not in subjects(mail_server, ANN)
    assert not Notification.objects.waiting().filter(held_at__isnull=False).exists()


def test_emails_are_not_held_below_the_limit_of_the_settings(
    ann: Patient, dora: Doctor, mail_server: MailServer, settings: Settings
) -> None:
    """Negative control: the setting decides."""
    settings.MAX_EMAILS_PER_DAY = 1000
    book_many(ann, dora, 23)
    assert len(mailbox(mail_server, ANN)) == 23
