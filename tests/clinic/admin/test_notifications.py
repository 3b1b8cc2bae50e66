"""The admin of notifications."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import Traveller

from clinic.models import Doctor, Notification, Patient
from tests.support.admin_client import AdminClient, AdminResponse, staff_with_permissions
from tests.support.booking import book_as_patient
from tests.support.emails import subjects
from tests.support.fixtures.smtp_server import ACCEPTED, MailServer
from tests.support.task_worker import run_due_tasks
from users.models import User

pytestmark = pytest.mark.django_db

LIST = "clinic/notification/"
BOOKED = "Appointment booked: Tuesday, 3 March 2026, 09:00"


@pytest.fixture
def failed(ann: Patient, dora: Doctor, mail_server: MailServer) -> Notification:
    """Ann's notification, which failed once. Dora's has been sent."""
    mail_server.rejected = {"ann@example.org"}
    book_as_patient(ann, dora)
    run_due_tasks()
    mail_server.received.clear()
    mail_server.rejected = set()
    return Notification.objects.waiting().get()


def recipients_in_list(admin: AdminClient, state: str) -> list[str]:
    rows = admin.open(f"{LIST}?state={state}").context["cl"].result_list
    return sorted(notification.recipient.first_name for notification in rows)


def test_state_filter_selects_notifications(
    admin: AdminClient, failed: Notification, clock: Traveller
) -> None:
    Notification.objects.filter(pk=failed.pk).update(failures=0)
    waiting = recipients_in_list(admin, "waiting"), recipients_in_list(admin, "failed")
    Notification.objects.filter(pk=failed.pk).update(failures=1)
    assert (waiting, recipients_in_list(admin, "failed"), recipients_in_list(admin, "sent")) == (
        (["Ann"], []),
        ["Ann"],
        ["Dora"],
    )
    failed.cancel(dt.datetime.now(dt.UTC))
    assert [recipients_in_list(admin, state) for state in ("waiting", "cancelled", "")] == [
        [],
        ["Ann"],
        ["Ann", "Dora"],
    ]


def test_notification_list_shows_the_appointment_time_without_wrapping(
    admin: AdminClient, failed: Notification
) -> None:
    page = admin.open(f"{LIST}?state=waiting").content.decode()
    assert page.count('<span class="nowrap">Tue 2026-03-03 09:00</span>') == 1


def test_notification_page_shows_the_last_failure(admin: AdminClient, failed: Notification) -> None:
    page = admin.open(f"{LIST}{failed.pk}/change/").content.decode()
    assert "SMTPRecipientsRefused 550" in page


def test_send_again_action_sends_failed_notifications_only(
    admin: AdminClient, failed: Notification, mail_server: MailServer
) -> None:
    response = admin.run_action(LIST, "send_again", *Notification.objects.all())
    run_due_tasks()
    assert response == AdminResponse(["1 notification queued for sending."], {})
    assert subjects(mail_server) == [("ann@example.org", BOOKED)]


def test_send_again_action_does_not_cause_a_second_email(
    admin: AdminClient, failed: Notification, mail_server: MailServer, clock: Traveller
) -> None:
    admin.run_action(LIST, "send_again", failed)
    run_due_tasks()
    clock.shift(3600)
    run_due_tasks()
    assert (len(mail_server.received), mail_server.response) == (1, ACCEPTED)


def test_notification_admin_is_read_only(sam: User, failed: Notification) -> None:
    admin = AdminClient(staff_with_permissions(sam, "view_notification"))
    statuses = {
        path: admin.client.post(f"/admin/{LIST}{path}").status_code
        for path in ("add/", f"{failed.pk}/change/", f"{failed.pk}/delete/")
    }
    assert set(statuses.values()) == {403}


def test_notification_list_uses_a_constant_number_of_queries(
    admin: AdminClient, failed: Notification, ben: Patient, dora: Doctor
) -> None:
    query_counts = []
    for hour in range(10, 13):
        with CaptureQueriesContext(connection) as captured:
            admin.open(LIST)
        query_counts.append(len(captured))
        book_as_patient(ben, dora, time=dt.time(hour))
        run_due_tasks()
    assert len(set(query_counts)) == 1
