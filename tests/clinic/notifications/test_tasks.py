"""Both sides are told of every change, once, over SMTP; and what becomes pointless is not sent."""

from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from time_machine import Traveller

from clinic.clock import now
from clinic.models import Appointment, Doctor, Notification, Patient
from clinic.notifications.tasks import notify_parties, send_notification
from tests.support.booking import book_as_patient, cancel, complete, confirm, move
from tests.support.emails import mailbox, subjects
from tests.support.fixtures.smtp_server import TAKEN, MailServer
from tests.support.task_worker import queue, work_off

pytestmark = pytest.mark.django_db

ANN, DORA = "ann@example.org", "dora@example.org"
AT_NINE, AT_TEN = "Tuesday, 3 March 2026, 09:00", "Tuesday, 3 March 2026, 10:00"


def test_each_change_is_told_to_both_sides(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    visit = book_as_patient(ann, dora)
    for change in (partial(confirm, dora.user), partial(move, ann.user), partial(cancel, ann.user)):
        work_off()
        change(visit)
    work_off()
    told = [
        f"Visit booked: {AT_NINE}",
        f"Visit confirmed: {AT_NINE}",
        f"Visit moved: {AT_TEN}",
        f"Visit cancelled: {AT_TEN}",
    ]
    for address in (ANN, DORA):
        assert [message["Subject"] for message in mailbox(mail_server, address)] == told
    assert len(mail_server.taken) == 8


def test_that_a_visit_took_place_is_told_to_nobody(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    visit = book_as_patient(ann, dora)
    confirm(dora.user, visit)
    work_off()
    mail_server.taken.clear()
    clock.move_to("2026-03-03T09:00:00+01:00")
    complete(dora.user, visit)
    work_off()
    assert (mail_server.taken, Notification.objects.waiting().count()) == ([], 0)


def test_a_booking_rolled_back_mails_nobody(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    with transaction.atomic():
        book_as_patient(ann, dora)
        transaction.set_rollback(True)
    work_off()
    assert (mail_server.taken, queue()) == ([], [])


def test_a_refused_booking_and_a_retry_of_one_mail_nobody_again(
    ann: Patient, ben: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    book_as_patient(ann, dora, idempotency_key="k")
    book_as_patient(ann, dora, idempotency_key="k")
    work_off()
    assert sorted(subjects(mail_server)) == [
        (ANN, f"Visit booked: {AT_NINE}"),
        (DORA, f"Visit booked: {AT_NINE}"),
    ]


def test_tasks_run_twice_send_once(ann: Patient, dora: Doctor, mail_server: MailServer) -> None:
    visit = book_as_patient(ann, dora)
    work_off()
    notify_parties.enqueue(visit.history.get().pk)
    for notice in Notification.objects.all():
        send_notification.enqueue(notice.pk)
    work_off()
    assert len(mail_server.taken) == 2


def test_one_side_that_cannot_be_reached_does_not_keep_the_other_waiting(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    mail_server.refused = {ANN}
    book_as_patient(ann, dora)
    work_off()
    assert [address for address, _ in subjects(mail_server)] == [DORA]
    failed = Notification.objects.waiting().get()
    assert (failed.recipient, failed.failures, failed.last_failure) == (
        ann.user,
        1,
        "SMTPRecipientsRefused 550",
    )
    mail_server.refused = set()
    clock.shift(60)
    work_off()
    assert [address for address, _ in subjects(mail_server)] == [DORA, ANN]
    sent = Notification.objects.get(pk=failed.pk)
    assert (sent.sent_at is not None, sent.failures, sent.last_failure) == (True, 1, "")


def outage_during_booking(ann: Patient, dora: Doctor, server: MailServer) -> Appointment:
    server.answer = "451 Later"
    visit = book_as_patient(ann, dora)
    work_off()
    server.answer = TAKEN
    return visit


def test_a_letter_that_comes_too_late_is_dropped_when_a_later_one_has_been_sent(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    visit = outage_during_booking(ann, dora, mail_server)
    cancel(ann.user, visit)
    work_off()
    clock.shift(60)
    work_off()
    assert sorted(subjects(mail_server)) == [
        (ANN, f"Visit cancelled: {AT_NINE}"),
        (DORA, f"Visit cancelled: {AT_NINE}"),
    ]
    dropped = Notification.objects.filter(dropped_at__isnull=False)
    assert sorted(dropped.values_list("kind", "recipient__first_name")) == [
        ("booked", "Ann"),
        ("booked", "Dora"),
    ]


def test_after_an_outage_letters_come_in_the_order_of_what_happened(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    visit = outage_during_booking(ann, dora, mail_server)
    clock.shift(60)
    cancel(ann.user, visit)
    work_off()
    assert [message["Subject"] for message in mailbox(mail_server, ANN)] == [
        f"Visit booked: {AT_NINE}",
        f"Visit cancelled: {AT_NINE}",
    ]


def test_what_could_not_be_told_before_a_visit_began_is_told_to_nobody(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    mail_server.answer = "451 Later"
    visit = book_as_patient(ann, dora)
    confirm(dora.user, visit)
    move(ann.user, visit)
    cancel(ann.user, visit)
    work_off()
    mail_server.answer = TAKEN
    clock.move_to("2026-03-03T10:00:00+01:00")
    work_off()
    dropped = Notification.objects.filter(dropped_at__isnull=False).values_list("kind", flat=True)
    assert (mail_server.taken, sorted(dropped)) == (
        [],
        [kind for kind in ("booked", "cancelled", "confirmed", "moved") for _ in (ann, dora)],
    )


def test_a_visit_cancelled_once_it_has_begun_is_told_to_nobody(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    visit = book_as_patient(ann, dora)
    work_off()
    mail_server.taken.clear()
    clock.move_to("2026-03-03T09:00:00+01:00")
    cancel(dora.user, visit)
    work_off()
    assert (mail_server.taken, Notification.objects.waiting().count()) == ([], 0)


def test_a_letter_that_another_worker_has_is_left_to_it_until_it_must_be_dead(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    mail_server.refused = {ANN}
    book_as_patient(ann, dora)
    work_off()
    mail_server.refused = set()
    mail_server.taken.clear()
    letter = Notification.objects.waiting().get()
    assert (letter.claim(now()), letter.claim(now())) == (True, False)
    clock.shift(60)
    work_off()
    assert (mail_server.taken, Notification.objects.get(pk=letter.pk).failures) == ([], 1)
    clock.shift(600)
    work_off()
    assert [address for address, _ in subjects(mail_server)] == [ANN]


def test_a_closed_account_is_written_nothing(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    book_as_patient(ann, dora)
    ann.user.is_active = False
    ann.user.save()
    work_off()
    assert [address for address, _ in subjects(mail_server)] == [DORA]


def test_booking_pays_for_its_mail_with_one_statement(ann: Patient, dora: Doctor) -> None:
    with CaptureQueriesContext(connection) as captured:
        book_as_patient(ann, dora)
    about_mail = [q["sql"] for q in captured if "task" in q["sql"] or "notice" in q["sql"]]
    assert [sql.split(" ", 1)[0] for sql in about_mail] == ["INSERT"]
