"""What running an operation would fetch, told from its text before anything is.

Linear in the document: a fragment is weighed once, however often it is spread,
for one that spreads another twice doubles the answer at every step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    VariableNode,
    get_named_type,
    is_introspection_type,
    is_list_type,
    value_from_ast_untyped,
)
from graphql.utilities.type_info import get_field_def

from schema.core.pagination import DEFAULT_PAGE, MAX_PAGE
from schema.doctors.available_slots import MAX_DAYS

# How many rows a list is taken to have if no argument says it.
LIST_SIZE = 10
# Arguments that say it, and the most they can ask for.
SIZES = {"first": MAX_PAGE, "last": MAX_PAGE, "days": MAX_DAYS}
# What is computed by queries of its own rather than read along.
WEIGHTS = {"availableSlots": 5, "nextAvailable": 100, "exportMyData": 500}
# Each tries a password or an address; several in a request would pass by the
# limits on requests.
CREDENTIAL_FIELDS = frozenset(
    {"tokenAuth", "register", "changePassword", "requestPasswordReset", "resetPassword"}
)
INTROSPECTION = frozenset({"__schema", "__type"})
# Selections within selections, fragments included; no client nests as many.
MAX_LEVELS = 60


class OperationCost(NamedTuple):
    """``cost`` counts the fields an answer may have; a depth, its levels of fields."""

    cost: int = 0
    depth: int = 0
    introspection_depth: int = 0
    tries: int = 0


def sum_costs(weights: list[OperationCost]) -> OperationCost:
    if not weights:
        return OperationCost()
    costs, depths, introspection_depths, tries = zip(*weights, strict=True)
    return OperationCost(sum(costs), max(depths), max(introspection_depths), sum(tries))


@dataclass
class CostCalculator:
    """Weighs an operation of ``document`` as it would run with ``variables``."""

    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]
    # Whether it may weigh something else with other variables.
    depends_on_variables: bool = field(init=False, default=False)
    _fragments: dict[str, FragmentDefinitionNode] = field(init=False)
    _weighed: dict[tuple[str, int], OperationCost] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._fragments = {
            node.name.value: node
            for node in self.document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def weigh(self, operation: OperationDefinitionNode) -> OperationCost:
        self.variables = _defaults(operation) | dict(self.variables)
        root = self.schema.get_root_type(operation.operation)
        return self._selections(operation.selection_set, root, page=0, level=0)

    def _selections(
        self, selected: SelectionSetNode, on: GraphQLNamedType | None, *, page: int, level: int
    ) -> OperationCost:
        if level > MAX_LEVELS:
            return OperationCost(depth=level)
        return sum_costs([self._selection(node, on, page, level) for node in selected.selections])

    def _selection(
        self, node: SelectionNode, on: GraphQLNamedType | None, page: int, level: int
    ) -> OperationCost:
        match node:
            case FieldNode():
                return self._field(node, on, page, level)
            case InlineFragmentNode(type_condition=condition):
                inside = self.schema.get_type(condition.name.value) if condition else on
                return self._selections(node.selection_set, inside, page=page, level=level + 1)
            case FragmentSpreadNode():
                return self._fragment(node.name.value, page, level)
        return OperationCost()

    def _fragment(self, name: str, page: int, level: int) -> OperationCost:
        fragment = self._fragments.get(name)
        if fragment is None:
            return OperationCost()
        if (name, page) not in self._weighed:
            # One that spreads itself weighs nothing there; it is refused elsewhere.
            self._weighed[name, page] = OperationCost()
            on = self.schema.get_type(fragment.type_condition.name.value)
            self._weighed[name, page] = self._selections(
                fragment.selection_set, on, page=page, level=level + 1
            )
        return self._weighed[name, page]

    def _field(
        self, node: FieldNode, on: GraphQLNamedType | None, page: int, level: int
    ) -> OperationCost:
        name = node.name.value
        definition = get_field_def(self.schema, on, node) if on else None
        rows, pages = self._rows(node, definition, on, page)
        below = OperationCost()
        if node.selection_set:
            inside = get_named_type(definition.type) if definition else None
            below = self._selections(node.selection_set, inside, page=pages, level=level + 1)
        cost = WEIGHTS.get(name, 1) + rows * below.cost
        if name in INTROSPECTION:
            return OperationCost(cost, introspection_depth=below.depth + 1)
        return OperationCost(
            cost, below.depth + 1, below.introspection_depth, name in CREDENTIAL_FIELDS
        )

    def _rows(
        self,
        node: FieldNode,
        definition: GraphQLField | None,
        on: GraphQLNamedType | None,
        page: int,
    ) -> tuple[int, int]:
        """How many rows there may be of it, and of the edges below if it is a connection."""
        if on is None or definition is None or is_introspection_type(on):
            return 1, 0
        if is_list_type(_nullable(definition.type)):
            return page or self._size(node, definition, LIST_SIZE), 0
        is_connection = "first" in definition.args
        return 1, self._size(node, definition, DEFAULT_PAGE) if is_connection else 0

    def _size(self, node: FieldNode, definition: GraphQLField, default: int) -> int:
        """What the largest of the arguments in SIZES says, or ``default``.

        More than may be asked for is not counted: the resolver refuses it.
        """
        sizes = [each for each in node.arguments if each.name.value in SIZES]
        self.depends_on_variables |= any(isinstance(each.value, VariableNode) for each in sizes)
        asked = {
            each.name.value: value_from_ast_untyped(each.value, dict(self.variables))
            for each in sizes
        }
        for name in SIZES.keys() & definition.args.keys():
            if asked.get(name) in (None, Undefined):
                asked[name] = definition.args[name].default_value
        # A variable may say 100.0, which is an Int as well, or even more than any int.
        counted = [
            int(min(max(size, 1), SIZES[name]))
            for name, size in asked.items()
            if isinstance(size, int | float)
        ]
        return max(counted, default=default)


def _nullable(type_: GraphQLOutputType) -> GraphQLOutputType:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions
        if definition.default_value
    }
