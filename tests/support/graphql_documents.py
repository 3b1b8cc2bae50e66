"""Generate documents that are valid against a schema, with Hypothesis."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)
from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
# The values of $yes and $no, the variables of conditions.
CONDITIONS = {"yes": True, "no": False}
CONDITION = st.sampled_from(
    [*[""] * 12, " @include(if: $yes)", " @skip(if: $yes)", " @include(if: $no)", " @skip(if: $no)"]
)


class Documents:
    """Draws queries on a schema. ``literals``: some literals of each scalar type."""

    def __init__(
        self, core: GraphQLSchema, literals: Mapping[str, list[str]], *, max_depth: int
    ) -> None:
        self._core = core
        self._literals = literals
        self._max_depth = max_depth

    def strategy(self) -> st.SearchStrategy[str]:
        return st.composite(self._document)()

    def _document(self, draw: Draw) -> str:
        root = self._core.query_type
        assert root is not None
        selection = self._selection(draw, root, 1)
        # A variable that is not used is an error.
        used = [f"${name}: Boolean!" for name in CONDITIONS if f"${name})" in selection]
        return f"query ({', '.join(used)}) {selection}" if used else f"query {selection}"

    def _selection(self, draw: Draw, type_: Any, depth: int) -> str:
        if isinstance(type_, GraphQLUnionType):
            return self._of_possible_types(draw, type_, depth, ["__typename"])
        names = [
            name
            for name, field in type_.fields.items()
            if is_leaf_type(get_named_type(field.type)) or depth < self._max_depth
        ]
        most = 2 if depth == 1 else 5
        chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=most, unique=True))
        parts = [self._field(draw, name, type_.fields[name], depth) for name in chosen]
        if draw(st.integers(0, 5)) == 0:
            parts.insert(draw(st.integers(0, len(parts))), "__typename")
        if isinstance(type_, GraphQLInterfaceType):
            return self._of_possible_types(draw, type_, depth, parts)
        return f"{{ {' '.join(parts)} }}"

    def _of_possible_types(self, draw: Draw, type_: Any, depth: int, parts: list[str]) -> str:
        possible: list[GraphQLObjectType] = list(self._core.get_possible_types(type_))
        chosen = draw(st.lists(st.sampled_from(range(len(possible))), max_size=2, unique=True))
        fragments = [
            f"... on {possible[index].name} {self._selection(draw, possible[index], depth + 1)}"
            for index in chosen
        ]
        return f"{{ {' '.join([*parts, *fragments])} }}"

    def _field(self, draw: Draw, name: str, field: GraphQLField, depth: int) -> str:
        alias = f"{name}{depth}: " if draw(st.integers(0, 9)) == 0 else ""
        arguments = self._arguments(draw, field)
        type_ = get_named_type(field.type)
        below = "" if is_leaf_type(type_) else " " + self._selection(draw, type_, depth + 1)
        return f"{alias}{name}{arguments}{draw(CONDITION)}{below}"

    def _arguments(self, draw: Draw, field: GraphQLField) -> str:
        written = [
            f"{name}: {self._value(draw, argument.type)}"
            for name, argument in field.args.items()
            if is_required_argument(argument) or draw(st.integers(0, 3)) == 0
        ]
        return f"({', '.join(written)})" if written else ""

    def _value(self, draw: Draw, type_: Any) -> str:
        if isinstance(type_, GraphQLNonNull):
            return self._value(draw, type_.of_type)
        if is_list_type(type_):
            return f"[{self._value(draw, type_.of_type)}]"
        if isinstance(type_, GraphQLEnumType):
            return str(draw(st.sampled_from(list(type_.values))))
        if isinstance(type_, GraphQLInputObjectType):
            return self._input(draw, type_)
        return str(draw(st.sampled_from(self._literals[type_.name])))

    def _input(self, draw: Draw, type_: GraphQLInputObjectType) -> str:
        names = list(type_.fields)
        optional = draw(st.lists(st.sampled_from(names), max_size=1 if type_.is_one_of else 2))
        written = {
            name: self._value(draw, field.type)
            for name, field in type_.fields.items()
            # Inputs can contain themselves, as in AND and OR.
            if is_required_input_field(field)
            or (name in optional and get_named_type(field.type) is not type_)
        }
        return f"{{{', '.join(f'{name}: {value}' for name, value in written.items())}}}"
