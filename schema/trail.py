"""Whose records an operation has shown or changed so far."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Model
from graphql import FieldNode, GraphQLObjectType, GraphQLResolveInfo, OperationType, get_named_type
from graphql.execution.collect_fields import collect_sub_fields

from clinic.models import Appointment, Patient
from users.models import User

# What is told of a record as a part of it; other objects in it are noted for themselves.
PARTS = frozenset({"AppointmentChange", "Person"})


class Key(NamedTuple):
    """A patient; or a visit, or an account, whose patient was not loaded with it."""

    model: type[Model]
    pk: int


@dataclass
class Touch:
    """What was shown of one patient's record, and whether it was changed."""

    coordinates: set[str] = field(default_factory=set)
    changed: bool = False


class Trail:
    """Notes schema coordinates, such as ``Patient.dateOfBirth``.

    Not aliases, which are a client's own words and could say anything.
    """

    def __init__(self) -> None:
        self._noted: dict[Key, set[str]] = defaultdict(set)
        self._changed: set[Key] = set()
        self._coordinates: dict[tuple[int, ...], set[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._noted)

    def note(self, value: Any, type_: GraphQLObjectType, info: GraphQLResolveInfo) -> None:
        """Note that ``value``, of an audited type, comes into the answer."""
        at_root = info.path.prev is None
        key = _key_of(value, at_root=at_root)
        if key is None:
            return
        self._noted[key] |= self._coordinates_of(type_, info)
        if at_root and info.operation.operation is OperationType.MUTATION:
            self._changed.add(key)

    @property
    def has_changes(self) -> bool:
        return bool(self._changed)

    def by_patient(self) -> dict[int, Touch]:
        """What was noted, by the patient's id. Takes no query if patients were loaded."""
        touched: dict[int, Touch] = defaultdict(Touch)
        owners = self._owners()
        for key, coordinates in self._noted.items():
            if key in owners:
                touch = touched[owners[key]]
                touch.coordinates |= coordinates
                touch.changed |= key in self._changed
        return touched

    def _owners(self) -> dict[Key, int]:
        owners = {key: key.pk for key in self._noted if key.model is Patient}
        visits = [key.pk for key in self._noted if key.model is Appointment]
        accounts = [key.pk for key in self._noted if key.model is User]
        if visits:
            found = Appointment.objects.filter(pk__in=visits).values_list("pk", "patient")
            owners |= {Key(Appointment, pk): patient for pk, patient in found}
        if accounts:
            people = Patient.objects.filter(user__in=accounts).values_list("user", "pk")
            owners |= {Key(User, pk): patient for pk, patient in people}
        return owners

    def _coordinates_of(self, type_: GraphQLObjectType, info: GraphQLResolveInfo) -> set[str]:
        # The fields asked of one object of a list are those asked of the next.
        place = tuple(map(id, info.field_nodes))
        if place not in self._coordinates:
            self._coordinates[place] = set(_leaves(type_, info.field_nodes, info, type_.name))
        return self._coordinates[place]


def _key_of(value: Any, *, at_root: bool) -> Key | None:
    match value:
        case Patient():
            return Key(Patient, value.pk)
        case Appointment():
            patient = vars(value).get("patient_id")
            return Key(Patient, patient) if patient else Key(Appointment, value.pk)
        case User() if at_root:
            return Key(User, value.pk)
    return None  # a part of a record noted already, or a doctor's public face


def _leaves(
    type_: GraphQLObjectType, nodes: list[FieldNode], info: GraphQLResolveInfo, prefix: str
) -> Iterable[str]:
    selected: Mapping[str, list[FieldNode]] = collect_sub_fields(
        info.schema, info.fragments, info.variable_values, type_, nodes
    )
    for below in selected.values():
        name = below[0].name.value
        definition = type_.fields.get(name)
        if definition is None:
            continue  # __typename
        inside = get_named_type(definition.type)
        if not isinstance(inside, GraphQLObjectType):
            yield f"{prefix}.{name}"
        elif inside.name in PARTS:
            yield from _leaves(inside, below, info, f"{prefix}.{name}")
