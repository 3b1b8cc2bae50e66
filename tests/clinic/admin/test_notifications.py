"""What staff see of letters, and what they can do for those that were refused."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import Traveller

from clinic.models import Doctor, Notification, Patient
from tests.support.admin_client import AdminMessages, Desk, make_staff
from tests.support.booking import book_as_patient
from tests.support.emails import subjects
from tests.support.fixtures.smtp_server import TAKEN, MailServer
from tests.support.task_worker import work_off
from users.models import User

pytestmark = pytest.mark.django_db

LIST = "clinic/notification/"
BOOKED = "Appointment booked: Tuesday, 3 March 2026, 09:00"


@pytest.fixture
def rejected(ann: Patient, dora: Doctor, mail_server: MailServer) -> Notification:
    """Ann's letter, refused once; Dora's was sent."""
    mail_server.refused = {"ann@example.org"}
    book_as_patient(ann, dora)
    work_off()
    mail_server.taken.clear()
    mail_server.refused = set()
    return Notification.objects.waiting().get()


def listed(desk: Desk, state: str) -> list[str]:
    rows = desk.open(f"{LIST}?state={state}").context["cl"].result_list
    return sorted(notice.recipient.first_name for notice in rows)


def test_letters_are_found_by_what_became_of_them(
    desk: Desk, rejected: Notification, clock: Traveller
) -> None:
    Notification.objects.filter(pk=rejected.pk).update(failures=0)
    waiting = listed(desk, "waiting"), listed(desk, "refused")
    Notification.objects.filter(pk=rejected.pk).update(failures=1)
    assert (waiting, listed(desk, "refused"), listed(desk, "sent")) == (
        (["Ann"], []),
        ["Ann"],
        ["Dora"],
    )
    rejected.cancel(dt.datetime.now(dt.UTC))
    assert [listed(desk, state) for state in ("waiting", "dropped", "")] == [
        [],
        ["Ann"],
        ["Ann", "Dora"],
    ]


def test_the_list_says_which_appointment_in_one_line(desk: Desk, rejected: Notification) -> None:
    page = desk.open(f"{LIST}?state=waiting").content.decode()
    assert page.count('<span class="nowrap">Tue 2026-03-03 09:00</span>') == 1


def test_the_page_of_a_letter_says_why_it_was_refused(desk: Desk, rejected: Notification) -> None:
    page = desk.open(f"{LIST}{rejected.pk}/change/").content.decode()
    assert "SMTPRecipientsRefused 550" in page


def test_what_was_refused_is_sent_again_and_what_was_sent_is_not(
    desk: Desk, rejected: Notification, mail_server: MailServer
) -> None:
    said = desk.act(LIST, "send_again", *Notification.objects.all())
    work_off()
    assert said == AdminMessages(["Put on the queue: 1."], {})
    assert subjects(mail_server) == [("ann@example.org", BOOKED)]


def test_its_own_next_try_does_not_send_a_second_one(
    desk: Desk, rejected: Notification, mail_server: MailServer, clock: Traveller
) -> None:
    desk.act(LIST, "send_again", rejected)
    work_off()
    clock.shift(3600)
    work_off()
    assert (len(mail_server.taken), mail_server.answer) == (1, TAKEN)


def test_letters_are_looked_at_and_neither_made_nor_changed(
    sam: User, rejected: Notification
) -> None:
    desk = Desk(make_staff(sam, "view_notification"))
    statuses = {
        path: desk.client.post(f"/admin/{LIST}{path}").status_code
        for path in ("add/", f"{rejected.pk}/change/", f"{rejected.pk}/delete/")
    }
    assert set(statuses.values()) == {403}


def test_a_list_of_letters_costs_the_same_however_long(
    desk: Desk, rejected: Notification, ben: Patient, dora: Doctor
) -> None:
    costs = []
    for hour in range(10, 13):
        with CaptureQueriesContext(connection) as captured:
            desk.open(LIST)
        costs.append(len(captured))
        book_as_patient(ben, dora, time=dt.time(hour))
        work_off()
    assert len(set(costs)) == 1
