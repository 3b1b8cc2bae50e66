"""The groups that the migration adds, and the first page of staff without a group."""

from importlib import import_module

import pytest
from django.contrib.auth.models import Group, Permission

from clinic.models import Doctor, Patient
from tests.support.admin_client import AdminClient
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import make_user
from users.models import User

pytestmark = pytest.mark.django_db

MIGRATION = import_module("clinic.migrations.0020_staff_groups")
RECEPTION_PAGES = (
    *(
        "records/",
        "clinic/appointment/",
        "clinic/appointment/add/",
        "clinic/appointment/new-patient/",
    ),
    *("clinic/appointment/day/", "clinic/patient/", "clinic/patient/add/", "clinic/doctor/"),
    *("clinic/closure/", "clinic/appointmenttype/", "clinic/notification/"),
)
MANAGER_PAGES = (
    *("clinic/closure/add/", "clinic/appointmenttype/add/", "clinic/doctor/add/"),
    *("users/user/", "users/user/add/", "users/addressconflict/"),
)
NOBODYS_PAGES = ("clinic/accessrecord/", "auth/group/")


def member_of(group: str) -> User:
    user = make_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def statuses(user: User, pages: tuple[str, ...]) -> set[int]:
    client = AdminClient(user).client
    return {client.get(f"/admin/{page}").status_code for page in pages}


@pytest.mark.parametrize("name", ["Reception", "Manager"])
def test_group_has_exactly_the_permissions_of_the_migration(name: str) -> None:
    wanted = {
        codename
        for path, names in MIGRATION.GROUPS[name].items()
        for action in names.split()
        for codename in [
            f"{action}_{path.split('.')[1]}" if action in MIGRATION.ACTIONS else action
        ]
    }
    permissions = Group.objects.get(name=name).permissions
    assert set(permissions.values_list("codename", flat=True)) == wanted
    assert permissions.filter(content_type__app_label__in=("clinic", "users")).count() == len(
        wanted
    )


def test_groups_never_grant_permissions() -> None:
    granting = Permission.objects.filter(codename="grant_permissions")
    assert not Group.objects.filter(permissions__in=granting).exists()


def test_reception_opens_the_pages_of_its_work_and_no_others() -> None:
    reception = member_of("Reception")
    assert statuses(reception, RECEPTION_PAGES) == {200}
    assert statuses(reception, (*MANAGER_PAGES, *NOBODYS_PAGES)) == {403}


def test_manager_opens_the_pages_of_reception_and_management() -> None:
    manager = member_of("Manager")
    assert statuses(manager, (*RECEPTION_PAGES, *MANAGER_PAGES)) == {200}
    assert statuses(manager, NOBODYS_PAGES) == {403}


def test_reception_opens_appointments_doctors_and_patients(ann: Patient, dora: Doctor) -> None:
    appointment = book_as_patient(ann, dora)
    pages = (
        f"clinic/appointment/{appointment.pk}/change/",
        f"clinic/doctor/{dora.pk}/change/",
        f"clinic/patient/{ann.pk}/change/",
        "autocomplete/?app_label=clinic&model_name=appointment&field_name=patient&term=ann",
    )
    assert statuses(member_of("Reception"), pages) == {200}


def test_reception_registers_books_and_corrects_a_name(dora: Doctor) -> None:
    admin = AdminClient(member_of("Reception"))
    caller = {"first_name": "Hedwig", "last_name": "Meier", "date_of_birth": "1950-01-31"}
    when = {"doctor": dora.pk, "date": "2026-03-03", "time": "10:00"}
    assert admin.save("clinic/appointment/new-patient/", **caller, **when).errors == {}
    patient = Patient.objects.get()
    assert admin.save(f"clinic/patient/{patient.pk}/change/", last_name="Meyer").errors == {}
    patient.user.refresh_from_db()
    assert patient.user.last_name == "Meyer"


def test_index_tells_staff_without_permissions_to_ask_for_a_group(db: None) -> None:
    text = AdminClient(make_user("Nora", is_staff=True)).open("records/").content.decode()
    assert "Your account has no permissions yet" in text
    assert "<em>Reception</em>" in text
    text = AdminClient(member_of("Reception")).open("records/").content.decode()
    assert "Your account has no permissions yet" not in text
