"""Every field of an object is read directly, except those named here with the reason.

A field that is read directly must be an attribute of its object, or a method whose result depends
on the object alone: nothing else of Strawberry's resolver is executed for it.
"""

from graphql import GraphQLObjectType, get_named_type, is_abstract_type

from schema.execution.readers import reader_of
from schema.schema import schema

RESOLVED = {
    "has arguments": {
        "Doctor.availableSlots",
        "Person.avatarUrl",
        "User.avatarUrl",
    },
    "is a connection, which an extension of the field pages": {
        "Patient.accessLog",
        "User.accessLog",
    },
    "needs the context: what the caller is allowed to see, or the URL of the request": {
        "Doctor.approved",
        "Doctor.assistants",
        "Doctor.phoneNumber",
        "Person.email",
        "User.calendarUrl",
    },
    "needs the context: related rows are loaded for the caller, or for a whole list at once": {
        "Clinic.closures",
        "Closure.conflicts",
        "Doctor.appointmentTypes",
        "Doctor.specialHours",
        "Doctor.timeOff",
        "NextAvailable.doctor",
        "Patient.guardians",
        "TimeOff.conflicts",
        "User.assistedDoctors",
        "User.patients",
    },
    "is an object that a method loads": {
        "ObtainJSONWebToken.user",
        "User.doctor",
        "User.patient",
    },
}


def object_types() -> list[GraphQLObjectType]:
    """Return the types of objects, without the root types and those of introspection."""
    core = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
    roots = (core.query_type, core.mutation_type, core.subscription_type)
    return [
        type_
        for name, type_ in core.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__") and type_ not in roots
    ]


def test_fields_without_a_reader_are_those_named_here() -> None:
    without_reader = {
        f"{type_.name}.{name}"
        for type_ in object_types()
        for name, field in type_.fields.items()
        if reader_of(type_, name, field) is None
    }
    assert without_reader == set().union(*RESOLVED.values())


def test_field_has_one_reason() -> None:
    assert sum(map(len, RESOLVED.values())) == len(set().union(*RESOLVED.values()))


def test_no_object_has_a_field_of_an_abstract_type() -> None:
    """A plan resolves such a field, whatever its reader: its type is determined from the info."""
    abstract = {
        f"{type_.name}.{name}"
        for type_ in object_types()
        for name, field in type_.fields.items()
        if is_abstract_type(get_named_type(field.type))
    }
    assert abstract == set()
