"""The printed schema is what clients generate their types from."""

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


def test_the_committed_sdl_is_the_schemas() -> None:
    assert SDL.read_text(encoding="utf-8") == print_schema(schema) + "\n", "run `make schema`"


def test_everything_a_client_can_see_is_described() -> None:
    core = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
    types = [named for name, named in core.type_map.items() if not name.startswith("__")]
    assert [place for named in types for place in _undescribed(named)] == []


def _undescribed(named: GraphQLNamedType) -> Iterator[str]:
    if not named.description:
        yield named.name
    match named:
        case GraphQLObjectType() | GraphQLInterfaceType():
            for name, field in named.fields.items():
                yield from _undescribed_field(f"{named.name}.{name}", field)
        case GraphQLInputObjectType():
            yield from (f"{named.name}.{n}" for n, f in named.fields.items() if not f.description)
        case GraphQLEnumType():
            yield from (f"{named.name}.{n}" for n, v in named.values.items() if not v.description)


def _undescribed_field(place: str, field: GraphQLField) -> Iterator[str]:
    if not field.description:
        yield place
    yield from (f"{place}({name}:)" for name, a in field.args.items() if not a.description)
