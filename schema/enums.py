"""The choices of our models as GraphQL enums, each value with its meaning."""

from collections.abc import Mapping
from enum import Enum

import strawberry

from users.models import Gender, Role

__all__ = ["Gender", "Role"]


def describe(
    choices: type[Enum], *, description: str, values: Mapping[str, str], name: str | None = None
) -> None:
    """Make ``choices`` known to the schema; one without a meaning is a KeyError."""
    strawberry.enum(choices, name=name, description=description)
    for value in vars(choices)["__strawberry_definition__"].values:
        value.description = values[choices[value.name]]  # type: ignore[index]  # members are str


describe(
    Gender,
    description="As the account's owner says it.",
    values={
        Gender.FEMALE: "Female.",
        Gender.MALE: "Male.",
        Gender.OTHER: "Another.",
        Gender.UNDISCLOSED: "Not said.",
    },
)
describe(
    Role,
    description="In which capacity somebody uses the clinic.",
    values={
        Role.DOCTOR: "Treats patients.",
        Role.PATIENT: "Sees doctors.",
    },
)
