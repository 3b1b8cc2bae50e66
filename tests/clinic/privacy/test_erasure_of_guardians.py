"""Erasure of guardians, of their dependants and of assistants."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from clinic.models import (
    AccessRecord,
    Appointment,
    Assistant,
    Doctor,
    Guardian,
    Patient,
)
from tests.clinic.privacy.test_erasure import everything_stored
from tests.support.acting_people import (
    book_as_guardian,
    make_assistant,
    make_dependant,
    make_guardian,
)
from tests.support.api_client import Api
from tests.support.booking import book_as_staff
from tests.support.fixtures.people import make_patient, make_user
from tests.support.global_ids import id_of
from tests.support.graphql_responses import root_value
from tests.support.words import has_word
from users.models import User

pytestmark = pytest.mark.django_db

SECRETS = ("Tim", "+4930123459", "2018-06-01", "secret complaint")


def erase(*arguments: str) -> str:
    out = StringIO()
    call_command("erase_person", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def tim(ann: Patient) -> Patient:
    """Ann's child, who has no account."""
    return make_dependant(ann.user, "Tim")


def statuses(patient: Patient) -> list[str]:
    return list(
        Appointment.objects.filter(patient=patient).order_by("pk").values_list("status", flat=True)
    )


def test_erasure_of_last_guardian_with_open_appointments_is_rejected(
    ann: Patient, tim: Patient, dora: Doctor
) -> None:
    book_as_guardian(ann.user, tim, dora)
    before = everything_stored()
    with pytest.raises(CommandError) as error:
        erase("ann@example.org")
    assert str(error.value) == (
        "This person is the last guardian of patients without an account: "
        f"user {tim.user_id} (1 open). Nothing was changed. Add another guardian in the admin, or "
        "cancel these appointments too with --cancel-for-dependants."
    )
    assert everything_stored() == before


def test_dry_run_counts_appointments_of_dependants_without_another_guardian(
    ann: Patient, tim: Patient, dora: Doctor
) -> None:
    book_as_guardian(ann.user, tim, dora)
    report = erase("ann@example.org", "--dry-run")
    assert "  appointments of dependants without another guardian: 1\n" in report
    assert "  appointments to cancel: 0\n" in report


def test_erasure_of_last_guardian_can_cancel_appointments_and_leaves_the_dependant(
    ann: Patient, tim: Patient, dora: Doctor
) -> None:
    book_as_guardian(ann.user, tim, dora)
    report = erase("ann@example.org", "--cancel-for-dependants")
    assert "  appointments of dependants cancelled: 1\n" in report
    assert "  guardians and assistants removed: 1\n" in report
    assert statuses(tim) == ["cancelled"]
    tim.user.refresh_from_db()
    assert (str(tim), tim.date_of_birth, tim.user.is_active) == (
        *("Tim Example", dt.date(2018, 6, 1), True),
    )
    assert Guardian.objects.count() == 0
    assert not has_word(everything_stored(), "Ann")


def test_erasure_of_guardian_of_patient_with_another_guardian_keeps_the_appointments(
    ann: Patient, ben: Patient, tim: Patient, dora: Doctor
) -> None:
    make_guardian(tim, ben.user)
    book_as_guardian(ann.user, tim, dora)
    erase("ann@example.org")
    assert statuses(tim) == ["pending"]
    assert [guardian.user for guardian in Guardian.objects.all()] == [ben.user]


def test_erasure_of_guardian_of_patient_with_an_account_keeps_the_appointments(
    ann: Patient, dora: Doctor
) -> None:
    eva = make_patient("Eva")
    make_guardian(eva, ann.user)
    book_as_guardian(ann.user, eva, dora)
    erase("ann@example.org")
    assert statuses(eva) == ["pending"]


def test_guardian_who_cannot_sign_in_does_not_count(
    ann: Patient, ben: Patient, tim: Patient, dora: Doctor
) -> None:
    make_guardian(tim, ben.user)
    User.objects.filter(pk=ben.user_id).update(is_active=False)
    book_as_guardian(ann.user, tim, dora)
    with pytest.raises(CommandError, match="last guardian"):
        erase("ann@example.org")


def test_erasure_of_guardian_is_in_access_log_of_the_dependant(
    ann: Patient, tim: Patient, dora: Doctor
) -> None:
    book_as_guardian(ann.user, tim, dora)
    erase("ann@example.org", "--cancel-for-dependants")
    [record] = AccessRecord.objects.about([tim.pk])
    assert (record.operation, record.action, record.fields) == (
        *("erase_person", "change", ["Appointment.status", "Patient.guardians"]),
    )


def test_erase_person_by_id_removes_a_patient_without_address(
    api: Api, ann: Patient, tim: Patient, dora: Doctor, sam: User
) -> None:
    Patient.objects.filter(pk=tim.pk).update(
        phone_number="+4930123459", registering_doctor=dora, registered_on="2026-03-01"
    )
    appointment = book_as_staff(sam, dora, tim, reason_for_visit="secret complaint")
    assert [word for word in SECRETS if not has_word(everything_stored(), word)] == []
    assert erase("--id", str(tim.user_id)).startswith(f"Erased account {tim.user_id}:\n")
    assert [word for word in SECRETS if has_word(everything_stored(), word)] == []
    tim.refresh_from_db()
    assert (bool(tim.user.email), str(tim.user)) == (False, f"Erased person {tim.user_id}")
    assert (tim.phone_number, tim.registering_doctor, tim.registered_on) == ("", None, None)
    assert (statuses(tim), Guardian.objects.count()) == (["cancelled"], 0)
    ann.user.refresh_from_db()
    document = "query ($id: ID!) { appointment(id: $id) { id } }"
    assert root_value(api(document, {"id": id_of(appointment)}, user=ann.user)) is None


def test_erasure_of_doctor_and_of_assistant_removes_their_relation(
    dora: Doctor, emil: Doctor
) -> None:
    make_assistant("Asa", dora, emil)
    erase("dora@example.org")
    assert [row.doctor for row in Assistant.objects.all()] == [emil]
    erase("asa@example.org")
    assert Assistant.objects.count() == 0
    assert not has_word(everything_stored(), "Asa")


@pytest.mark.parametrize("arguments", [(), ("ann@example.org", "--id", "1")])
def test_erase_person_takes_either_an_address_or_an_id(
    db: None, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError, match="Give either an email address or --id"):
        erase(*arguments)


def test_erase_person_rejects_an_unknown_id(db: None) -> None:
    make_user("Olga")
    with pytest.raises(CommandError, match="There is no person with this ID"):
        erase("--id", "999999")
