"""Every way of writing a name or a specialty also writes its folded forms."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.serializers import serialize
from django.db import connection
from django.db.models import F, Model, Value
from django.db.models.functions import Concat

from clinic.clock import now
from clinic.models import Doctor
from clinic.privacy.erasure import erase_user
from clinic.profiles import upsert_doctor
from tests.support.admin_client import AdminClient
from tests.support.api_client import Api
from tests.support.bulk_data import create_bulk_data
from tests.support.fixtures.people import make_doctor, make_user
from users import accounts
from users.folded_fields import MAX_LENGTH
from users.folding import equality_key, search_key
from users.models import Role, User

pytestmark = pytest.mark.django_db

NAME = "Ærø-Müller"
NEW = {"email": "new@example.org", "first_name": NAME, "last_name": NAME}
PROFILE = {"phone_number": "+4930123456", "experience_years": 1}


FOLDED: dict[type[Model], list[tuple[str, str, Callable[[str], str]]]] = {
    User: [
        ("first_name", "first_name_folded", search_key),
        ("last_name", "last_name_folded", search_key),
    ],
    Doctor: [
        ("specialty", "specialty_key", equality_key),
        ("specialty", "specialty_folded", search_key),
    ],
}


def stale(model: type[Model] = User) -> list[tuple[str, str]]:
    """Return the texts in the database, with their folded forms, that do not match."""
    rows = model._default_manager  # noqa: SLF001 - documented by Django
    return [
        (text, folded)
        for source, field, fold in FOLDED[model]
        for text, folded in rows.values_list(source, field)
        if folded != fold(text)
    ]


def save(user: User) -> None:
    user.first_name = NAME
    user.save()


def save_one_field(user: User) -> None:
    user.first_name, user.last_name = NAME, NAME
    user.save(update_fields=["last_name"])


def save_with_deferred_fields(user: User) -> None:
    for fields in (["first_name"], ["gender"], ["last_name_folded"]):
        user = User.objects.only(*fields).get(pk=user.pk)
        user.first_name += NAME
        user.save()
    user = User.objects.defer("first_name_folded").get(pk=user.pk)
    user.first_name += NAME
    user.save()


def update_or_create(user: User) -> None:
    User.objects.update_or_create(email=user.email, defaults={"last_name": NAME})
    User.objects.update_or_create(email="new@example.org", defaults={**NEW})


def get_or_create(user: User) -> None:
    User.objects.get_or_create(email="new@example.org", defaults={**NEW})


def create_superuser(user: User) -> None:
    call_command("createsuperuser", interactive=False, verbosity=0, **NEW)


def queryset_update(user: User) -> None:
    assert User.objects.filter(pk=user.pk).update(first_name=NAME) == 1


def bulk_update(user: User) -> None:
    user.first_name, user.last_name = NAME, NAME
    assert User.objects.bulk_update([user], ["first_name"]) == 1


def bulk_create(user: User) -> None:
    User.objects.bulk_create([User(**NEW), User(**{**NEW, "email": "newer@example.org"})])


def upsert(user: User) -> None:
    unique = [] if "mysql" in connection.vendor else ["email"]
    User.objects.bulk_create(
        [User(email=user.email, first_name=NAME, last_name=NAME)],
        update_conflicts=True,
        update_fields=["last_name"],
        unique_fields=unique,
    )


def register(user: User) -> None:
    accounts.register(
        email="new@example.org",
        first_name=NAME,
        last_name=NAME,
        password="correct horse battery",
        role=Role.PATIENT,
    )


def change_account(user: User) -> None:
    accounts.update(user, first_name=NAME)


def change_over_http(user: User) -> None:
    Api()("UpdateAccount", {"input": {"firstName": NAME}}, user=user)


def change_in_admin(user: User) -> None:
    user.is_staff = user.is_superuser = True
    user.save()
    assert AdminClient(user).save(f"users/user/{user.pk}/change/", last_name=NAME).errors == {}


def erase(user: User) -> None:
    erase_user(user, now())


def seed(user: User) -> None:
    call_command(
        "seed_demo",
        doctors=1,
        patients=3,
        appointments=1,
        i_know_the_password_is_public=True,
        verbosity=0,
    )


@pytest.mark.parametrize(
    "write",
    [
        save,
        save_one_field,
        save_with_deferred_fields,
        update_or_create,
        get_or_create,
        create_superuser,
        queryset_update,
        bulk_update,
        bulk_create,
        upsert,
        register,
        change_account,
        change_over_http,
        change_in_admin,
        erase,
        seed,
    ],
)
def test_every_write_of_a_name_writes_its_folded_form(write: Callable[[User], None]) -> None:
    user = make_user("Eva", is_patient=True)
    before = list(User.objects.order_by("pk").values_list("first_name", "last_name"))
    write(user)
    assert list(User.objects.order_by("pk").values_list("first_name", "last_name")) != before
    assert stale() == []


def test_stale_reports_a_name_written_in_sql() -> None:
    make_user("Eva")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE users_user SET first_name = 'Ida'")
    assert stale() == [("Ida", "eva")]


def test_update_to_an_expression_is_refused() -> None:
    make_user("Eva")
    with pytest.raises(TypeError, match="'first_name' to an expression"):
        User.objects.update(first_name=Concat(F("last_name"), Value("a")))
    assert User.objects.filter(first_name="Eva").update(gender=F("gender")) == 1


def test_fixture_from_before_the_folded_fields_is_loaded_with_them(tmp_path: Path) -> None:
    eva = make_user("Eva")
    eva.first_name = NAME
    names = ["email", "password", "first_name", "last_name", "gender"]
    fixture = tmp_path / "users.json"
    fixture.write_text(serialize("json", [eva], fields=names))
    User.objects.all().delete()
    call_command("loaddata", str(fixture), verbosity=0)
    assert [*User.objects.values_list("first_name_folded")] == [("aeromuller",)]


def upsert_specialty(doctor: Doctor) -> None:
    upsert_doctor(doctor.user, specialty="  HALS-Nasen  ")


def update_specialty(doctor: Doctor) -> None:
    Doctor.objects.update(specialty=NAME)


def create_doctors(doctor: Doctor) -> None:
    user = make_user("Ida", is_doctor=True)
    Doctor.objects.bulk_create([Doctor(user=user, specialty=NAME, **PROFILE)])


@pytest.mark.parametrize("write", [upsert_specialty, update_specialty, create_doctors])
def test_every_write_of_a_specialty_writes_its_folded_forms(
    write: Callable[[Doctor], None],
) -> None:
    doctor = make_doctor("Dora")
    write(doctor)
    assert set(Doctor.objects.values_list("specialty", flat=True)) != {"Cardiology"}
    assert stale(Doctor) == []


def test_bulk_data_has_folded_forms() -> None:
    create_bulk_data(2)
    assert (stale(), stale(Doctor)) == ([], [])


def test_folded_form_longer_than_its_column_is_cut() -> None:
    user = User(**{**NEW, "first_name": "\ufdfa" * 150})
    user.save()
    user.refresh_from_db()
    assert len(user.first_name_folded) == MAX_LENGTH


def test_unsaved_object_shows_the_folded_form_of_its_text() -> None:
    user = User(**NEW)
    forms = [user.first_name_folded]
    user.first_name = "Ida"
    assert [*forms, user.first_name_folded] == ["aeromuller", "ida"]
