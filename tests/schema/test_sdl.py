"""The committed SDL file, from which clients generate their types."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
)
from strawberry.printer import print_schema

from schema.schema import schema

SDL = Path(settings.BASE_DIR) / "schema" / "schema.graphql"


def test_sdl_file_matches_schema() -> None:
    assert SDL.read_text(encoding="utf-8") == print_schema(schema) + "\n", "run `make schema`"


def test_sdl_describes_all_types_fields_arguments_and_values() -> None:
    core = schema._schema  # noqa: SLF001 - no public API
    types = [type_ for name, type_ in core.type_map.items() if not name.startswith("__")]
    assert [name for type_ in types for name in _undescribed(type_)] == []


def _undescribed(type_: GraphQLNamedType) -> Iterator[str]:
    if not type_.description:
        yield type_.name
    match type_:
        case GraphQLObjectType() | GraphQLInterfaceType():
            for name, field in type_.fields.items():
                yield from _undescribed_field(f"{type_.name}.{name}", field)
        case GraphQLInputObjectType():
            yield from (f"{type_.name}.{n}" for n, f in type_.fields.items() if not f.description)
        case GraphQLEnumType():
            yield from (f"{type_.name}.{n}" for n, v in type_.values.items() if not v.description)


def _undescribed_field(path: str, field: GraphQLField) -> Iterator[str]:
    if not field.description:
        yield path
    yield from (f"{path}({name}:)" for name, a in field.args.items() if not a.description)
