"""Descriptions for the types that the libraries add to the schema."""

from graphql import GraphQLSchema, GraphQLUnionType, get_named_type
from strawberry.types import get_object_definition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry_django.fields.types import OperationInfo, OperationMessage
from strawberry_django.ordering import Ordering

TYPES = {
    OperationInfo: "Why the operation was refused; nothing was changed.",
    OperationMessage: "One reason of a refusal.",
}
FIELDS = {
    (OperationMessage, "kind"): "What sort of reason this is.",
    (OperationMessage, "message"): "The reason in words, for people to read.",
    (OperationMessage, "field"): (
        "The path below `input` of the value that was refused, in camelCase with dots "
        "(`patient.dateOfBirth`, `hours.1.endTime`); null if it is not about one value."
    ),
    (OperationMessage, "code"): "The reason for programs to switch on, such as `in_the_past`.",
    (OperationInfo, "messages"): "Every reason found; at least one.",
}
ENUMS = {
    OperationMessage.Kind: "What sort of reason a message gives.",
    Ordering: "Which way to sort.",
}
ENUM_VALUES = {
    OperationMessage.Kind.INFO: "For your information.",
    OperationMessage.Kind.WARNING: "Done, but look at this.",
    OperationMessage.Kind.ERROR: "It could not be done.",
    OperationMessage.Kind.PERMISSION: "You may not do this.",
    OperationMessage.Kind.VALIDATION: "A value, or a rule of booking, stands against it.",
    Ordering.ASC: "Smallest or earliest first.",
    Ordering.ASC_NULLS_FIRST: "Smallest or earliest first, after those without a value.",
    Ordering.ASC_NULLS_LAST: "Smallest or earliest first, those without a value at the end.",
    Ordering.DESC: "Largest or latest first.",
    Ordering.DESC_NULLS_FIRST: "Largest or latest first, after those without a value.",
    Ordering.DESC_NULLS_LAST: "Largest or latest first, those without a value at the end.",
}
# Descriptions set by the libraries, and their replacements.
REPLACED_DESCRIPTIONS = {
    "An object with a Globally Unique ID": "Whatever can be asked for by its id.",
    "The Globally Unique ID of this object": (
        "Names it among everything there is here: for `node`, and for a client's cache."
    ),
    "Total quantity of existing nodes.": "How many there are on all pages.",
    "Pagination data for this connection": "Where this page stands in the list.",
    "Information to aid in pagination.": "Where a page stands in its list.",
    "An edge in a connection.": "One entry of a list.",
    "A cursor for use in pagination": "Its place in the list, for `after` and `before`.",
    "When paginating forwards, are there more items?": "Does anything come after this page?",
    "When paginating backwards, are there more items?": "Does anything come before this page?",
    "When paginating backwards, the cursor to continue.": "What to give as `before` for more.",
    "When paginating forwards, the cursor to continue.": "What to give as `after` for more.",
}


def describe_library_types() -> None:
    """Set the descriptions of library types. Must run before the schema is built.

    Changes the types in place, for every schema of the process.
    """
    for type_, text in TYPES.items():
        get_object_definition(type_, strict=True).description = text
    for (type_, name), text in FIELDS.items():
        field = get_object_definition(type_, strict=True).get_field(name)
        if field is None:
            raise LookupError(f"{type_.__name__} has no field {name}")
        field.description = text
    for enum_class, text in ENUMS.items():
        definition: StrawberryEnumDefinition = vars(enum_class)["__strawberry_definition__"]
        definition.description = text
        for value in definition.values:
            value.description = ENUM_VALUES[enum_class[value.name]]


def describe_generated_types(core: GraphQLSchema) -> None:
    """Set the descriptions of generated types and arguments: payloads, inputs, nodes, pages."""
    for name, field in core.mutation_type.fields.items() if core.mutation_type else ():
        payload = get_named_type(field.type)
        if isinstance(payload, GraphQLUnionType) and payload.description is None:
            payload.description = f"What `{name}` answers: what it did, or why it was refused."
        if input_ := field.args.get("input"):
            input_.description = get_named_type(input_.type).description
    for field in core.query_type.fields.values() if core.query_type else ():
        if ordering := field.args.get("ordering"):
            ordering.description = "How to sort, the most important first."
    for type_ in core.type_map.values():
        for described in (type_, *getattr(type_, "fields", {}).values()):
            described.description = REPLACED_DESCRIPTIONS.get(
                described.description, described.description
            )
