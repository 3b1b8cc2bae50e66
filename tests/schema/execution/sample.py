"""A schema with values and errors of every kind, to compare both executions.

The values of a ``Thing`` are those that a test sets, of the right type or not; an exception as a
value is returned, and one in ``Raised`` is raised by the fields that have a resolver.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Self, cast

import strawberry
from strawberry import relay

from schema.schema import build_schema


@dataclass
class Raised:
    """A value for which the resolver of the field raises an exception."""

    error: Exception


@strawberry.enum
class Color(Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.interface
class Named:
    name: str = "name"


@strawberry.type
class Thing(Named, relay.Node):
    key: relay.NodeID[str] = "key"
    word: str | None = None
    number: int = 1
    color: Color | None = None
    words: list[str] | None = None
    loose_words: list[str | None] = strawberry.field(default_factory=list)
    rows: list[list[int]] | None = None
    child: "Thing | None" = None
    required: "Thing" = None  # type: ignore[assignment]
    things: list["Thing"] | None = None
    loose: list["Thing | None"] = strawberry.field(default_factory=list)
    named: list[Named | None] | None = None
    union: Annotated["Thing | Other | None", strawberry.union("Anything")] = None
    hidden: strawberry.Private[Any] = None

    @classmethod
    def resolve_nodes(cls, *, node_ids: Any, **_: object) -> list[Self]:
        return [cls(key=key, name=f"name of {key}") for key in node_ids]

    @strawberry.field
    def method(self) -> str | None:
        return cast("str", hidden_text(self))

    @strawberry.field
    def strict_method(self) -> str:
        return cast("str", hidden_text(self))

    @strawberry.field
    def repeated(self, times: int = 2) -> str | None:
        return hidden_text(self) and self.name * times


@strawberry.type
class Other(Named):
    number: int = 2


@strawberry.type
class Stranger(Named):
    """A type that is no member of the union."""


@strawberry.type
class Query:
    thing: Thing | None = None
    strict: Thing = strawberry.field(default_factory=Thing)
    things: list[Thing | None] | None = None
    stranger: Stranger | None = None
    node: relay.Node = relay.node()

    @strawberry.field
    def joined(self, words: list[str]) -> str:
        return " ".join(words)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self, name: str) -> Annotated["Thing | Other", strawberry.union("Changed")]:
        return {"thing": Thing(name=name), "other": Other(name=name)}.get(name) or Stranger()  # type: ignore[return-value]

    @strawberry.mutation
    def fail(self) -> str:
        raise ValueError("failed")

    @strawberry.mutation
    def fail_or_null(self) -> str | None:
        raise ValueError("failed")


def hidden_text(thing: Thing) -> Any:
    """Return the value of the thing's methods, or raise its exception."""
    if isinstance(thing.hidden, Raised):
        raise thing.hidden.error
    return thing.hidden


schema = build_schema(query=Query, mutation=Mutation)
