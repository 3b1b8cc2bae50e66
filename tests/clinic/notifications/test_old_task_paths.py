"""Tasks that were enqueued under the module paths of the previous release."""

from django_tasks_db.models import DBTaskResult

from clinic.models import Doctor, Patient
from clinic.notifications.tasks import notify_parties
from tests.support.booking import book_as_patient
from tests.support.fixtures.smtp_server import MailServer
from tests.support.task_worker import queue, run_due_tasks

OLD_PATHS = {
    "clinic.notifications.tasks.notify_parties": "clinic.notices.tell_both_sides",
    "clinic.notifications.tasks.send_notification": "clinic.notices.deliver",
}


def use_old_paths() -> list[str]:
    """Store the waiting tasks as the previous release stored them; return their paths."""
    for new, old in OLD_PATHS.items():
        DBTaskResult.objects.ready().filter(task_path=new).update(task_path=old)
    return list(DBTaskResult.objects.ready().values_list("task_path", flat=True))


def test_notify_parties_runs_under_its_old_path(ann: Patient, dora: Doctor) -> None:
    book_as_patient(ann, dora)
    assert use_old_paths() == ["clinic.notices.tell_both_sides"]
    run_due_tasks()
    assert [status for name, status, _ in queue() if name == "notify_parties"] == ["SUCCESSFUL"]


def test_send_notification_runs_under_its_old_path(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    appointment = book_as_patient(ann, dora)
    DBTaskResult.objects.all().delete()
    notify_parties.func(appointment.history.get().pk)
    assert use_old_paths() == ["clinic.notices.deliver"] * 2
    run_due_tasks()
    # Both tasks have the same priority, so a database can return them in either order.
    assert sorted(recipients for recipients, _ in mail_server.received) == [
        ["ann@example.org"],
        ["dora@example.org"],
    ]
