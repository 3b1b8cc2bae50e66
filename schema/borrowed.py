"""Words for the types that our libraries bring, so that the whole schema explains itself."""

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


def describe() -> None:
    """Add the descriptions above; call it before the schema is built."""
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


def describe_made(core: GraphQLSchema) -> None:
    """Explain what strawberry-django makes by itself: payload unions and the order of lists."""
    for name, field in core.mutation_type.fields.items() if core.mutation_type else ():
        payload = get_named_type(field.type)
        if isinstance(payload, GraphQLUnionType) and payload.description is None:
            payload.description = f"What `{name}` answers: what it did, or why it was refused."
    for field in core.query_type.fields.values() if core.query_type else ():
        if ordering := field.args.get("ordering"):
            ordering.description = "How to sort, the most important first."
