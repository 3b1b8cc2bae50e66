"""Notifications of appointment changes: sent once to each party over SMTP, unless outdated."""

from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings
from time_machine import Traveller

from clinic.clock import now
from clinic.models import Appointment, Doctor, Notification, Patient
from clinic.notifications.tasks import notify_parties, send_notification
from tests.support.booking import book_as_patient, cancel, complete, confirm, move
from tests.support.emails import mailbox, subjects
from tests.support.fixtures.smtp_server import ACCEPTED, MailServer
from tests.support.old_addresses import store_old_address
from tests.support.task_worker import queue, run_due_tasks

pytestmark = pytest.mark.django_db

ANN, DORA = "ann@example.org", "dora@example.org"
AT_NINE, AT_TEN = "Tuesday, 3 March 2026, 09:00", "Tuesday, 3 March 2026, 10:00"


def test_notify_parties_sends_each_change_to_both_parties(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    appointment = book_as_patient(ann, dora)
    for change in (partial(confirm, dora.user), partial(move, ann.user), partial(cancel, ann.user)):
        run_due_tasks()
        change(appointment)
    run_due_tasks()
    expected = [
        f"Appointment booked: {AT_NINE}",
        f"Appointment confirmed: {AT_NINE}",
        f"Appointment moved: {AT_TEN}",
        f"Appointment cancelled: {AT_TEN}",
    ]
    for address in (ANN, DORA):
        assert [message["Subject"] for message in mailbox(mail_server, address)] == expected
    assert len(mail_server.received) == 8


def test_notify_parties_sends_nothing_for_completed_appointment(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    appointment = book_as_patient(ann, dora)
    confirm(dora.user, appointment)
    run_due_tasks()
    mail_server.received.clear()
    clock.move_to("2026-03-03T09:00:00+01:00")
    complete(dora.user, appointment)
    run_due_tasks()
    assert (mail_server.received, Notification.objects.waiting().count()) == ([], 0)


def test_notify_parties_is_not_enqueued_by_rolled_back_booking(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    with transaction.atomic():
        book_as_patient(ann, dora)
        transaction.set_rollback(True)
    run_due_tasks()
    assert (mail_server.received, queue()) == ([], [])


def test_notify_parties_is_enqueued_once_by_idempotent_retry(
    ann: Patient, ben: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    book_as_patient(ann, dora, idempotency_key="k")
    book_as_patient(ann, dora, idempotency_key="k")
    run_due_tasks()
    assert sorted(subjects(mail_server)) == [
        (ANN, f"Appointment booked: {AT_NINE}"),
        (DORA, f"Appointment booked: {AT_NINE}"),
    ]


def test_tasks_send_once_when_run_twice(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    appointment = book_as_patient(ann, dora)
    run_due_tasks()
    notify_parties.enqueue(appointment.history.get().pk)
    for notification in Notification.objects.all():
        send_notification.enqueue(notification.pk)
    run_due_tasks()
    assert len(mail_server.received) == 2


def test_send_notification_failure_does_not_delay_the_other_party(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    mail_server.rejected = {ANN}
    book_as_patient(ann, dora)
    run_due_tasks()
    assert [address for address, _ in subjects(mail_server)] == [DORA]
    failed = Notification.objects.waiting().get()
    assert (failed.recipient, failed.failures, failed.last_failure) == (
        ann.user,
        1,
        "SMTPRecipientsRefused 550",
    )
    mail_server.rejected = set()
    clock.shift(60)
    run_due_tasks()
    assert [address for address, _ in subjects(mail_server)] == [DORA, ANN]
    sent = Notification.objects.get(pk=failed.pk)
    assert (sent.sent_at is not None, sent.failures, sent.last_failure) == (True, 1, "")


def test_send_notification_records_an_address_that_needs_review(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    store_old_address(ann.user, "ann@straße.de")
    book_as_patient(ann, dora)
    run_due_tasks()
    assert [address for address, _ in subjects(mail_server)] == [DORA]
    failed = Notification.objects.waiting().get()
    assert (failed.recipient, failed.failures, failed.last_failure, failed.sending_since) == (
        ann.user,
        1,
        "NonCanonicalAddress",
        None,
    )
    ann.user.email = "ann@xn--strae-oqa.de"
    ann.user.save()
    clock.shift(60)
    run_due_tasks()
    assert [address for address, _ in subjects(mail_server)] == [DORA, "ann@xn--strae-oqa.de"]


@pytest.mark.parametrize(
    ("setting", "value", "failure"),
    [
        ("DEFAULT_FROM_EMAIL", "Praxis Nord <>", "TypeError"),
        ("DEFAULT_FROM_EMAIL", "clinic@müller.example", "UnicodeEncodeError"),
        ("CLINIC_NAME", "Praxis\nNord", "ValueError"),
        ("EMAIL_BACKEND", "missing.EmailBackend", "ModuleNotFoundError"),
    ],
)
def test_send_notification_records_every_failure_and_tries_again(
    ann: Patient,
    dora: Doctor,
    mail_server: MailServer,
    clock: Traveller,
    setting: str,
    value: Any,
    failure: str,
) -> None:
    book_as_patient(ann, dora)
    with override_settings(**{setting: value}):
        run_due_tasks()
    waiting = Notification.objects.waiting().order_by("pk")
    assert [(n.failures, n.last_failure, n.sending_since) for n in waiting] == [
        (1, failure, None),
        (1, failure, None),
    ]
    assert mail_server.received == []
    clock.shift(60)
    run_due_tasks()
    assert sorted(address for address, _ in subjects(mail_server)) == [ANN, DORA]
    assert Notification.objects.waiting().count() == 0


def outage_during_booking(ann: Patient, dora: Doctor, server: MailServer) -> Appointment:
    """Book while the mail server rejects everything, so that both notifications wait."""
    server.response = "451 Later"
    appointment = book_as_patient(ann, dora)
    run_due_tasks()
    server.response = ACCEPTED
    return appointment


def test_send_notification_cancels_one_older_than_a_sent_one(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    appointment = outage_during_booking(ann, dora, mail_server)
    cancel(ann.user, appointment)
    run_due_tasks()
    clock.shift(60)
    run_due_tasks()
    assert sorted(subjects(mail_server)) == [
        (ANN, f"Appointment cancelled: {AT_NINE}"),
        (DORA, f"Appointment cancelled: {AT_NINE}"),
    ]
    cancelled = Notification.objects.filter(dropped_at__isnull=False)
    assert sorted(cancelled.values_list("kind", "recipient__first_name")) == [
        ("booked", "Ann"),
        ("booked", "Dora"),
    ]


def test_send_notification_keeps_order_of_changes_after_an_outage(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    appointment = outage_during_booking(ann, dora, mail_server)
    clock.shift(60)
    cancel(ann.user, appointment)
    run_due_tasks()
    assert [message["Subject"] for message in mailbox(mail_server, ANN)] == [
        f"Appointment booked: {AT_NINE}",
        f"Appointment cancelled: {AT_NINE}",
    ]


def test_send_notification_cancels_waiting_ones_after_the_start(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    mail_server.response = "451 Later"
    appointment = book_as_patient(ann, dora)
    confirm(dora.user, appointment)
    move(ann.user, appointment)
    cancel(ann.user, appointment)
    run_due_tasks()
    mail_server.response = ACCEPTED
    clock.move_to("2026-03-03T10:00:00+01:00")
    run_due_tasks()
    cancelled = Notification.objects.filter(dropped_at__isnull=False).values_list("kind", flat=True)
    assert (mail_server.received, sorted(cancelled)) == (
        [],
        [kind for kind in ("booked", "cancelled", "confirmed", "moved") for _ in (ann, dora)],
    )


def test_send_notification_cancels_one_about_a_change_after_the_start(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    appointment = book_as_patient(ann, dora)
    run_due_tasks()
    mail_server.received.clear()
    clock.move_to("2026-03-03T09:00:00+01:00")
    cancel(dora.user, appointment)
    run_due_tasks()
    assert (mail_server.received, Notification.objects.waiting().count()) == ([], 0)


def test_send_notification_respects_claim_of_other_worker_until_timeout(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    mail_server.rejected = {ANN}
    book_as_patient(ann, dora)
    run_due_tasks()
    mail_server.rejected = set()
    mail_server.received.clear()
    waiting = Notification.objects.waiting().get()
    assert (waiting.claim(now()), waiting.claim(now())) == (True, False)
    clock.shift(60)
    run_due_tasks()
    assert (mail_server.received, Notification.objects.get(pk=waiting.pk).failures) == ([], 1)
    clock.shift(600)
    run_due_tasks()
    assert [address for address, _ in subjects(mail_server)] == [ANN]


def test_send_notification_sends_nothing_to_disabled_account(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    book_as_patient(ann, dora)
    ann.user.is_active = False
    ann.user.save()
    run_due_tasks()
    assert [address for address, _ in subjects(mail_server)] == [DORA]


def test_book_adds_one_statement_for_its_notifications(ann: Patient, dora: Doctor) -> None:
    with CaptureQueriesContext(connection) as captured:
        book_as_patient(ann, dora)
    statements = [q["sql"] for q in captured if "task" in q["sql"] or "notification" in q["sql"]]
    assert [sql.split(" ", 1)[0] for sql in statements] == ["INSERT"]
