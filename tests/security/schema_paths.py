"""Documents for every path from a root field to a type, generated from the schema."""

from collections.abc import Iterator, Mapping

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from schema.schema import schema

CORE = schema._schema  # noqa: SLF001 - Strawberry has no public attribute for it
# Of the ten levels of a document, one is for the selection on the target, and one inside of it.
MAX_FIELDS = 8


def object_types() -> Iterator[GraphQLObjectType]:
    for name, type_ in CORE.type_map.items():
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
            yield type_


def paths_to(target: str, ids: Mapping[str, str]) -> Iterator[str]:
    """Yield a document for each path, with ``%s`` in place of the selection on ``target``.

    ``ids`` has the global ID for each root field with an ``id`` argument, and at the name of the
    target type the one for ``node``.
    """
    query = CORE.query_type
    assert query is not None
    for name, field in query.fields.items():
        if name == "node":
            yield f'{{ node(id: "{ids[target]}") {{ ... on {target} {{ %s }} }} }}'
            continue
        call = _call(name, field, ids)
        for path in _paths(get_named_type(field.type), target, (), 1):
            yield f"{{ {call} {path} }}"


def _call(name: str, field: GraphQLField, ids: Mapping[str, str]) -> str:
    required = {a for a, argument in field.args.items() if is_required_argument(argument)}
    values = {"id": ids.get(name, ""), "specialty": "Cardiology"}
    arguments = ", ".join(f'{argument}: "{values[argument]}"' for argument in sorted(required))
    return f"{name}({arguments})" if arguments else name


def _paths(
    type_: GraphQLNamedType, target: str, visited: tuple[str, ...], depth: int
) -> Iterator[str]:
    if depth > MAX_FIELDS:
        return
    if type_.name == target:
        yield "{ %s }"
        return
    if not isinstance(type_, GraphQLObjectType) or type_.name in visited:
        return
    for name, field in type_.fields.items():
        inside = get_named_type(field.type)
        if isinstance(inside, GraphQLObjectType | GraphQLInterfaceType):
            for path in _paths(inside, target, (*visited, type_.name), depth + 1):
                yield f"{{ {name} {path} }}"


def selection_on(target: str) -> str:
    """Select all fields of a type; of objects only ``__typename``."""
    type_ = CORE.type_map[target]
    assert isinstance(type_, GraphQLObjectType)
    leaves = []
    for name, field in type_.fields.items():
        inside = get_named_type(field.type)
        is_object = isinstance(inside, GraphQLObjectType | GraphQLInterfaceType)
        leaves.append(f"{name} {{ __typename }}" if is_object else name)
    return "__typename " + " ".join(leaves)


SAMPLES = {
    "ID": '"RG9jdG9yOjE="',
    "String": '"x"',
    "Int": "1",
    "Date": '"2026-03-03"',
    "Time": '"09:00"',
    "DateTime": '"2026-03-03T09:00:00Z"',
}


def document_for(root: str) -> str:
    """Return a valid document for a root field, with sample values for required arguments."""
    for keyword, type_ in (("query", CORE.query_type), ("mutation", CORE.mutation_type)):
        if type_ is None or root not in type_.fields:
            continue
        field = type_.fields[root]
        given = {
            name: sample(argument.type)
            for name, argument in field.args.items()
            if is_required_argument(argument)
        }
        arguments = ", ".join(f"{name}: {value}" for name, value in given.items())
        call = f"{root}({arguments})" if given else root
        selection = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
        return f"{keyword} {{ {call} {selection} }}"
    raise LookupError(root)


def sample(type_: GraphQLInputType) -> str:
    """Return a literal of the type, such as ``"2026-03-03"``."""
    if isinstance(type_, GraphQLNonNull):
        return sample(type_.of_type)
    if isinstance(type_, GraphQLList):
        return f"[{sample(type_.of_type)}]"
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        fields = type_.fields.items()
        chosen = {name for name, field in fields if is_required_input_field(field)}
        chosen = chosen or {next(iter(type_.fields))}
        inside = ", ".join(f"{name}: {sample(type_.fields[name].type)}" for name in chosen)
        return f"{{ {inside} }}"
    return SAMPLES[get_named_type(type_).name]
