"""The export of personal data accounts for every field of every model about a user."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.test.utils import isolate_apps

from clinic.booking.date_exceptions import set_special_hours
from clinic.clock import now
from clinic.models import Doctor, Patient
from clinic.privacy.export import export_user
from clinic.privacy.export_fields import (
    EXPORTED,
    EXPORTED_AS,
    HISTORY_PATIENT_ONLY,
    LEFT_OUT,
    PATIENT_ONLY,
)
from tests.support.acting_people import make_assistant, make_dependant, make_guardian
from tests.support.admin_client import NO_GUARDIANS
from tests.support.api_client import Api
from tests.support.booking import add_time_off, book_as_patient
from tests.support.fixtures.people import make_user, offer_type
from tests.support.global_ids import id_of
from tests.support.task_worker import run_due_tasks
from users.authentication import refresh_tokens
from users.models import User

Models = Iterable[type[models.Model]]


def fields_of(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The fields that store data, many-to-many fields included."""
    return [
        field
        for field in model._meta.get_fields()  # noqa: SLF001 - Django documents it
        if isinstance(field, models.Field)
    ]


def models_about_a_user() -> set[type[models.Model]]:
    """User, and all models with a foreign key to it, directly or through other such models."""
    found: set[type[models.Model]] = {User}
    while new := {
        model
        for model in apps.get_models()
        if model not in found and any(field.related_model in found for field in fields_of(model))
    }:
        found |= new
    return found


def names_of_fields(model_classes: Models) -> list[str]:
    return [
        f"{model.__name__}.{field.name}" for model in model_classes for field in fields_of(model)
    ]


def exported_names() -> list[str]:
    return [
        *(f"{model.__name__}.{name}" for model, names in EXPORTED.items() for name in names),
        *(f"Appointment.{name}" for name in PATIENT_ONLY),
        *(f"AppointmentChange.{name}" for name in HISTORY_PATIENT_ONLY),
        *EXPORTED_AS,
    ]


def undeclared_fields(model_classes: Models) -> list[str]:
    """The fields that are neither exported nor left out with a reason."""
    declared = {*exported_names(), *LEFT_OUT}
    return sorted(name for name in names_of_fields(model_classes) if name not in declared)


def wrong_entries(left_out: Mapping[str, str], model_classes: Models) -> list[str]:
    """The entries of ``left_out`` without a reason, without such a field, or exported."""
    existing, exported = set(names_of_fields(model_classes)), set(exported_names())
    return sorted(
        name
        for name, reason in left_out.items()
        if not reason or name not in existing or name in exported
    )


def test_export_declares_every_field_of_every_model_about_a_user() -> None:
    assert undeclared_fields(models_about_a_user()) == []


def test_left_out_names_existing_fields_that_are_not_exported() -> None:
    assert wrong_entries(LEFT_OUT, models_about_a_user()) == []


def test_exported_names_are_unique_and_existing_fields() -> None:
    exported = exported_names()
    assert len(exported) == len(set(exported))
    assert set(exported) <= set(names_of_fields(models_about_a_user()))


@isolate_apps("clinic")
def test_undeclared_fields_reports_a_new_field() -> None:
    """Negative control: the check fails for a field that is declared nowhere."""

    class Allergy(models.Model):
        substance = models.CharField(max_length=100)

        class Meta:
            app_label = "clinic"

        def __str__(self) -> str:
            return self.substance

    assert undeclared_fields([Patient, Allergy]) == ["Allergy.id", "Allergy.substance"]


def test_wrong_entries_reports_missing_exported_and_unexplained_fields() -> None:
    """Negative control: the check fails for each kind of wrong entry."""
    left_out = {
        "Patient.shoe_size": "There is no such field.",
        "Patient.address": "This field is exported.",
        "User.avatar": "This field is exported in another form.",
        "User.password": "",
        "User.id": "This entry is right.",
    }
    assert wrong_entries(left_out, [User, Patient]) == [
        "Patient.address",
        "Patient.shoe_size",
        "User.avatar",
        "User.password",
    ]


@pytest.fixture
def exports(api: Api, ann: Patient, dora: Doctor, sam: User) -> dict[str, Any]:
    """Exports by role, of people with at least one object of each exported model."""
    for user in (ann.user, dora.user):
        refresh_tokens.start(user)
    add_time_off(dora, starts_at=now(), ends_at=now().replace(hour=20), reason="Holiday")
    set_special_hours(dora, dt.date(2026, 3, 7), [(dt.time(9), dt.time(12))], now())
    offer_type(dora)
    book_as_patient(ann, dora)
    make_guardian(ann, make_user("Gina"))
    make_assistant("Asa", dora)
    make_dependant(ann.user, "Tim")
    run_due_tasks()
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    admin = Client()
    admin.force_login(sam)
    names = {"first_name": "Ann", "last_name": "Example", "gender": "undisclosed"}
    form = {**names, "date_of_birth": "1990-05-17", "address": "Elm Street 1", **NO_GUARDIANS}
    admin.post(f"/admin/clinic/patient/{ann.pk}/change/", form)
    assistant = User.objects.get(first_name="Asa")
    people = {"patient": ann.user, "doctor": dora.user, "assistant": assistant}
    return {name: export_user(user) for name, user in people.items()}


@pytest.mark.django_db
def test_export_user_contains_exactly_the_declared_keys(exports: dict[str, Any]) -> None:
    def keys_of(model: str, *more: str) -> set[str]:
        [names] = [names for kind, names in EXPORTED.items() if kind.__name__ == model]
        return {*names, *more}

    def renamed(model: str) -> set[str]:
        return {key for name, key in EXPORTED_AS.items() if name.startswith(f"{model}.")}

    of_patient, of_doctor = exports["patient"], exports["doctor"]
    patient, doctor = of_patient["patient"], of_doctor["doctor"]
    [appointment], [of_other_party] = patient["appointments"], doctor["appointments"]
    lists = {"history", "letters"}
    assert of_patient["account"].keys() == keys_of("User", *renamed("User"))
    assert of_patient["sign_ins"][0].keys() == keys_of("RefreshToken")
    of_record = keys_of("Patient", *renamed("Patient"), "guardians", "appointments", "accesses")
    assert patient.keys() == of_record
    assert patient["guardians"][0].keys() == keys_of("Guardian", "guardian")
    [dependant] = of_patient["dependants"]
    assert dependant.keys() == keys_of("Guardian", "name", "email", "gender", "patient")
    assert dependant["patient"].keys() == of_record
    assert doctor["assistants"][0].keys() == keys_of("Assistant", "assistant")
    assert exports["assistant"]["assisted_doctors"][0].keys() == keys_of("Assistant", "doctor")
    assert doctor.keys() == keys_of(
        "Doctor",
        *("working_hours", "special_hours", "time_off", "appointment_types", "appointments"),
        "assistants",
    )
    assert doctor["special_hours"] == [
        {"date": "2026-03-07", "hours": [{"start_time": "09:00:00", "end_time": "12:00:00"}]}
    ]
    assert doctor["appointment_types"] == [appointment["appointment_type"]] == ["Check-up"]
    assert doctor["working_hours"][0].keys() == keys_of("WorkingHours")
    assert doctor["time_off"][0].keys() == keys_of("TimeOff")
    assert appointment.keys() == keys_of(
        "Appointment", *PATIENT_ONLY, *renamed("Appointment"), *lists
    )
    assert of_other_party.keys() == keys_of(
        "Appointment", "booked_by_you", "appointment_type", *lists
    )
    own_history = keys_of("AppointmentChange", *renamed("AppointmentChange"))
    assert appointment["history"][0].keys() == own_history | {*HISTORY_PATIENT_ONLY}
    assert of_other_party["history"][0].keys() == own_history
    assert appointment["letters"][0].keys() == keys_of("Notification", *renamed("Notification"))
    assert patient["accesses"][0].keys() == keys_of("AccessRecord", "actor", "on_behalf_of")
    assert of_doctor["accesses_by_you"][0].keys() == keys_of(
        "AccessRecord", "address", "on_behalf_of"
    )
    assert of_patient["desk_log"][0].keys() == renamed("LogEntry")
