"""``ChangedFieldsModel.from_db`` makes the instances that Django makes."""

from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model
from django.db.models.fields.files import ImageFieldFile
from django.db.models.signals import post_init

from clinic.models import Appointment, Doctor, Patient
from users.changed_fields import ChangedFieldsModel
from users.models import User

MODELS = [model for model in apps.get_models() if issubclass(model, ChangedFieldsModel)]


def from_django(model: type[Model], names: list[str], values: list[Any]) -> Model:
    row: Model = vars(Model)["from_db"].__func__(model, "default", names, values)
    return row


def state_of(row: Any) -> dict[str, Any]:
    state = {**vars(row)}
    model_state = state.pop("_state")
    state.pop("loaded", None)
    return {
        **state,
        "deferred": row.get_deferred_fields(),
        "database": (model_state.db, model_state.adding, model_state.fields_cache),
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("step", [1, 2], ids=["all columns", "every second column"])
def test_loaded_row_equals_that_of_django(model: type[Any], step: int) -> None:
    names = [field.attname for field in model._meta.concrete_fields][::step]  # noqa: SLF001 - documented by Django
    values = [f"value {number}" for number, _ in enumerate(names)]
    row = model.from_db("default", names, values)
    assert state_of(row) == state_of(from_django(model, names, values))
    assert row.loaded == (names, values)


def test_loaded_rows_are_of_all_models_with_many_rows() -> None:
    assert {User, Doctor, Appointment} <= {*MODELS}


@pytest.mark.django_db
def test_loaded_row_converts_values_when_they_are_read(ann: Patient) -> None:
    user = User.objects.get(pk=ann.user_id)
    assert (type(user.avatar), bool(user.avatar), user.avatar.field) == (
        ImageFieldFile,
        False,
        User.avatar.field,
    )


def test_loaded_row_is_announced_to_receivers_of_signals() -> None:
    announced = []

    def receive(instance: Doctor, **_kwargs: object) -> None:
        announced.append(instance)

    post_init.connect(receive, sender=Doctor)
    try:
        row = Doctor.from_db("default", ["id"], [1])
    finally:
        post_init.disconnect(receive, sender=Doctor)
    assert announced == [row]
