"""Descriptions for the types that the libraries add to the schema."""

from graphql import GraphQLArgument, GraphQLSchema, GraphQLUnionType, get_named_type
from strawberry.types import get_object_definition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry_django.fields.types import OperationInfo, OperationMessage
from strawberry_django.ordering import Ordering

TYPES = {
    OperationInfo: "Errors that prevented a mutation. Nothing was changed.",
    OperationMessage: "One error of a mutation.",
}
FIELDS = {
    (OperationMessage, "kind"): "Category of the error.",
    (OperationMessage, "message"): "Error message to show to users, in English.",
    (OperationMessage, "field"): (
        "Path of the rejected value below `input`, or name of the argument if the mutation has no "
        "`input`: camelCase names and list indexes from 0, joined "
        "by dots, such as `patient.dateOfBirth` or `hours.1.endTime`. Null if the error does not "
        "concern a single value."
    ),
    (OperationMessage, "code"): "Error code for programs, such as `in_the_past`.",
    (OperationInfo, "messages"): "The errors, at least one.",
}
ENUMS = {
    OperationMessage.Kind: "Category of a mutation error.",
    Ordering: "Sort direction.",
}
ENUM_VALUES = {
    OperationMessage.Kind.INFO: "Information. Not used by this server.",
    OperationMessage.Kind.WARNING: "Warning. Not used by this server.",
    OperationMessage.Kind.ERROR: "The request conflicted with another one. Send it again.",
    OperationMessage.Kind.PERMISSION: "You are not allowed to do this.",
    OperationMessage.Kind.VALIDATION: (
        "An input value is invalid, or a booking rule does not allow the request."
    ),
    Ordering.ASC: "Ascending: smallest or earliest first.",
    Ordering.ASC_NULLS_FIRST: "Ascending, null values first.",
    Ordering.ASC_NULLS_LAST: "Ascending, null values last.",
    Ordering.DESC: "Descending: largest or latest first.",
    Ordering.DESC_NULLS_FIRST: "Descending, null values first.",
    Ordering.DESC_NULLS_LAST: "Descending, null values last.",
}
# Descriptions in the libraries, and their replacements.
REPLACED_DESCRIPTIONS = {
    "An object with a Globally Unique ID": (
        "An object with a global ID that can be fetched with `Query.node`."
    ),
    "The Globally Unique ID of this object": (
        "Global ID, unique across all types. Use it with `node` and as a client cache key."
    ),
    "Total quantity of existing nodes.": "Number of nodes in the whole list, on all pages.",
    "Pagination data for this connection": "Position of this page in the list.",
    "Information to aid in pagination.": "Position of a page in its list.",
    "The item at the end of the edge": "The object at this position in the list.",
    (
        "The `JSON` scalar type represents JSON values as specified by [ECMA-404](https://"
        "ecma-international.org/wp-content/uploads/ECMA-404_2nd_edition_december_2017.pdf)."
    ): "A JSON value of any type, here always an object.",
    "An edge in a connection.": "One node of a list, with its cursor.",
    "A cursor for use in pagination": (
        "Opaque position of the node in the list. Pass it as `after` or `before`."
    ),
    "When paginating forwards, are there more items?": (
        "Whether the list has nodes after this page, whichever arguments selected it."
    ),
    "When paginating backwards, are there more items?": (
        "Whether the list has nodes before this page, whichever arguments selected it."
    ),
    "When paginating backwards, the cursor to continue.": (
        "Cursor of the first node of this page, to pass as `before`; null if the page is empty."
    ),
    "When paginating forwards, the cursor to continue.": (
        "Cursor of the last node of this page, to pass as `after`; null if the page is empty."
    ),
}
# The libraries describe `last` as if it were `after`.
PAGE_ARGUMENTS = {
    "before": "Cursor. The page has only nodes before it.",
    "after": "Cursor. The page has only nodes after it.",
    "first": (
        "Largest number of nodes, 0 to 100: the first ones of the list, or of the part that "
        "`after` and `before` select. Defaults to 20 if `last` is not given either."
    ),
    "last": (
        "Largest number of nodes, 0 to 100: the last ones of the list, or of the part that "
        "`after` and `before` select. With `first`, the last ones of those."
    ),
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
            payload.description = (
                f"Result of `{name}`: the object on success, the errors otherwise."
            )
        if input_ := field.args.get("input"):
            input_.description = get_named_type(input_.type).description
    for field in core.query_type.fields.values() if core.query_type else ():
        if ordering := field.args.get("ordering"):
            ordering.description = "Sort criteria, most significant first. At most 10."
    for type_ in core.type_map.values():
        fields = getattr(type_, "fields", {}).values()
        for described in (type_, *fields):
            described.description = REPLACED_DESCRIPTIONS.get(
                described.description, described.description
            )
        for field in fields:
            _describe_page_arguments(getattr(field, "args", {}))


def _describe_page_arguments(arguments: dict[str, GraphQLArgument]) -> None:
    if arguments.keys() >= PAGE_ARGUMENTS.keys():
        for name, text in PAGE_ARGUMENTS.items():
            arguments[name].description = text
