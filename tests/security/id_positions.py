"""Every place of the schema that takes an ID, with a document for each, generated."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from tests.security.schema_paths import CORE, object_types, sample

# The type of the objects that an argument or an input field of this name takes.
TYPES_BY_NAME = {
    "doctorId": "Doctor",
    "patientId": "Patient",
    "guardianId": "Person",
    "appointmentTypeId": "AppointmentType",
    "appointmentTypeIds": "AppointmentType",
    "moving": "Appointment",
}
# The type that ``id`` takes, where the name of the field does not end in it.
TYPES_BY_FIELD = {"recordArrival": "Appointment", "recordNoShow": "Appointment"}
# What an optional ID needs beside it to be looked up.
COMPANIONS = {
    "createAppointment.patientId": ["doctorId"],
    "createAppointment.appointmentTypeId": ["doctorId"],
}
ANY = "*"


class Position(NamedTuple):
    """A place for an ID: its name, the type of the object, and a document with ``%s`` for it.

    The type is ``ANY`` for ``node``.
    """

    name: str
    type_: str
    document: str


def positions(ids: Mapping[str, str]) -> Iterator[Position]:
    """Yield all places. ``ids`` has an ID of an object of each type, for other required places."""
    for keyword, root in (("query", CORE.query_type), ("mutation", CORE.mutation_type)):
        for name, field in root.fields.items() if root else ():
            for place, type_, arguments in _places(name, field.args, ids):
                yield Position(
                    place, type_, f"{keyword} {{ {name}({arguments}) {_select(field)} }}"
                )
    yield from _positions_of_fields(ids)


def _positions_of_fields(ids: Mapping[str, str]) -> Iterator[Position]:
    """Yield the places in arguments of fields of objects that a root field returns by ID."""
    roots = (CORE.query_type, CORE.mutation_type, CORE.subscription_type)
    for type_ in object_types():
        for name, field in type_.fields.items() if type_ not in roots else ():
            for place, kind, arguments in _places(name, field.args, ids):
                root = type_.name[0].lower() + type_.name[1:]
                call = f'{root}(id: "{ids[type_.name]}")'
                document = f"{{ {call} {{ {name}({arguments}) {_select(field)} }} }}"
                yield Position(f"{type_.name}.{place}", kind, document)


def _places(
    field_name: str, arguments: Mapping[str, GraphQLArgument], ids: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each place, its type and the arguments with ``%s`` in the place."""
    for name, argument in arguments.items():
        others = [
            f"{other}: {_value(rest.type, other, field_name, ids)}"
            for other, rest in arguments.items()
            if other != name and is_required_argument(rest)
        ]
        for place, type_, value in _inside(argument.type, name, field_name, ids):
            yield f"{field_name}.{place}", type_, ", ".join([*others, f"{name}: {value}"])


def _inside(
    type_: GraphQLInputType, name: str, field_name: str, ids: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    named = get_named_type(type_)
    if named.name == "ID":
        yield name, type_of(name, field_name), "[%s]" if _is_list(type_) else "%s"
    elif isinstance(named, GraphQLInputObjectType) and not _is_list(type_):
        for inner, field in named.fields.items():
            for place, kind, value in _inside(field.type, inner, field_name, ids):
                chosen = {n for n, f in named.fields.items() if is_required_input_field(f)}
                chosen.update(COMPANIONS.get(f"{field_name}.{place}", ()))
                others = [
                    f"{other}: {_value(named.fields[other].type, other, field_name, ids)}"
                    for other in sorted(chosen - {inner})
                ]
                yield place, kind, "{ %s }" % ", ".join([*others, f"{inner}: {value}"])  # noqa: UP031 - keeps %s


def type_of(name: str, field_name: str) -> str:
    """Return the type of the object that the ID ``name`` of a field stands for."""
    if (field_name, name) == ("node", "id"):
        return ANY
    if name in TYPES_BY_NAME:
        return TYPES_BY_NAME[name]
    if name == "id":
        found = TYPES_BY_FIELD.get(field_name) or next(
            (
                type_.name
                for type_ in sorted(object_types(), key=lambda each: -len(each.name))
                if field_name.lower().endswith(type_.name.lower())
            ),
            None,
        )
        if found:
            return found
    raise LookupError(f"Add {field_name}.{name} to TYPES_BY_NAME or TYPES_BY_FIELD in {__file__}.")


def _value(type_: GraphQLInputType, name: str, field_name: str, ids: Mapping[str, str]) -> str:
    if get_named_type(type_).name != "ID":
        return sample(type_)
    value = f'"{ids[type_of(name, field_name)]}"'
    return f"[{value}]" if _is_list(type_) else value


def _is_list(type_: GraphQLInputType) -> bool:
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    return isinstance(inner, GraphQLList)


def _select(field: GraphQLField) -> str:
    """Select everything that an error can say, and the ``id`` of what is found."""
    type_: GraphQLNamedType = get_named_type(field.type)
    if is_leaf_type(type_):
        return ""
    if type_.name.endswith("Payload"):
        return (
            "{ __typename ... on Node { id } ... on OperationInfo { "
            "messages { kind field code message } } }"
        )
    if type_.name.endswith("Connection"):
        return "{ __typename totalCount edges { node { id } } }"
    has_id = "id" in getattr(type_, "fields", {})
    return "{ __typename id }" if has_id else "{ __typename }"
