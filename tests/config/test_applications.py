"""The functions that applications register when they are started."""

import pytest
from django.test.utils import isolate_apps

from clinic.models import Patient
from tests.support.acting_people import make_guardian
from tests.support.emails import subjects
from tests.support.fixtures.people import NEW_PASSWORD
from tests.support.fixtures.smtp_server import MailServer
from tests.support.task_worker import run_due_tasks
from users import accounts
from users.models import User


@pytest.mark.django_db
def test_listeners_are_called_once_although_another_registry_has_started_the_applications(
    ann: Patient, olga: User, mail_server: MailServer
) -> None:
    with isolate_apps("config", "users", "clinic", "schema"):
        pass
    make_guardian(ann, olga)
    User.objects.filter(pk=ann.user_id).update(password="!")
    accounts.replace_password(User.objects.get(pk=ann.user_id), NEW_PASSWORD)
    run_due_tasks()
    assert sorted(subjects(mail_server)) == [
        ("ann@example.org", "Your password was changed: CyberMed"),
        ("olga@example.org", "A patient for whom you act has an account now: CyberMed"),
    ]
