"""Compute the cost of an operation from its document, before anything is fetched.

Linear in the size of the document: the cost of a fragment is computed once, however often
it is spread. Otherwise fragments that spread one another twice would take exponential time.
"""

from collections.abc import Callable, Iterable, Mapping
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

from clinic.assistants import MAX_ASSISTANTS
from schema.core.pagination import DEFAULT_PAGE, MAX_PAGE
from schema.doctors.available_slots import MAX_DAYS
from users.common.prepared_queries import Variants

# The assumed number of rows of a list without a size argument.
LIST_SIZE = 10
# Size arguments, and their largest accepted values.
SIZE_ARGUMENTS = {"first": MAX_PAGE, "last": MAX_PAGE, "days": MAX_DAYS}
# Fields that are computed with queries of their own. All other fields cost 1.
FIELD_COSTS = {"availableSlots": 5, "nextAvailable": 100, "exportMyData": 500}
# Each of these checks a password, a one-time code or an email address. Several in one request
# would bypass the rate limits, which count requests.
CREDENTIAL_FIELDS = frozenset(
    {
        "tokenAuth",
        "register",
        "changePassword",
        "requestPasswordReset",
        "resetPassword",
        "startOtpEnrolment",
        "confirmOtpEnrolment",
        "disableOtp",
        "requestEmailVerification",
        "verifyEmail",
        "requestEmailChange",
        "invitePatient",
    }
)
# What a field is charged beyond its cost, if it takes longer than others, in units of computing
# time (users/common/request_costs.py). Hashing a password takes long on purpose.
FIELD_CHARGES = {
    "availableSlots": 100,
    "accessLog": 500,
    "addDependant": 1_000,
    "conflicts": 8_000,
    "nextAvailable": 1_000,
    "registerPatient": 1_000,
    "removeDependant": 2_000,
    "setAssistants": 5_000,
    "totalCount": 300,
    "__schema": 3_000,
    **dict.fromkeys(CREDENTIAL_FIELDS, 5_000),
}
# The same for fields of one type: the name stands for batched or cheap fields of other types, too.
# The rights of those who act for others take queries of their own for each of these fields.
TYPE_CHARGES = {
    "Query.appointments": 500,
    "Query.appointment": 400,
    "Query.node": 400,
    "Query.patient": 400,
    "Query.patients": 500,
    "User.assistedDoctors": 300,
    "User.patients": 500,
}
# Lists that can be longer than LIST_SIZE, and are loaded whole for each doctor of a page.
CHARGED_ROWS = {"assistants": MAX_ASSISTANTS}
# A day of `availableSlots`: the search, and each selected field of its slots.
DAY_CHARGE, SLOT_CHARGE = 3, 3
INTROSPECTION = frozenset({"__schema", "__type"})
# Nesting of selections, including fragments. Deeper documents are over the depth limit.
MAX_LEVELS = 60


class OperationCost(NamedTuple):
    """``cost``: the number of fields that a response can have. Depths: levels of fields.

    ``charge``: the estimated computing time, in the unit of ``request_costs``.
    """

    cost: int = 0
    depth: int = 0
    introspection_depth: int = 0
    credential_attempts: int = 0
    charge: int = 0


def sum_costs(costs: list[OperationCost]) -> OperationCost:
    """Add up the costs and attempts of a selection's fields; depths: the maximum."""
    if not costs:
        return OperationCost()
    points, depths, introspection_depths, attempts, charges = zip(*costs, strict=True)
    return OperationCost(
        sum(points), max(depths), max(introspection_depths), sum(attempts), sum(charges)
    )


class KnownCosts:
    """The costs of one operation, by the values of the variables on which they depend."""

    def __init__(self, size_variables: Iterable[str]) -> None:
        self._size_variables = sorted(size_variables)
        self._costs = Variants[OperationCost](limit=8)

    def get(
        self, variables: Mapping[str, Any], compute: Callable[[], OperationCost]
    ) -> OperationCost:
        """Return the cost with these variables, which are not validated yet."""
        sizes = tuple([variables.get(name, Undefined) for name in self._size_variables])
        is_size = all(isinstance(size, int | None) or size is Undefined for size in sizes)
        return self._costs.get(sizes, compute) if is_size else compute()


class FieldSize(NamedTuple):
    """The assumed number of rows of a field, and of the edges below it if it is a connection."""

    rows: int
    edges: int


@dataclass
class CostCalculator:
    """Computes the costs of the operations of ``document`` with ``variables``."""

    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]
    # The variables on whose values the cost depends.
    size_variables: set[str] = field(init=False, default_factory=set)
    _fragments: dict[str, FragmentDefinitionNode] = field(init=False)
    _fragment_costs: dict[tuple[str, int], OperationCost] = field(init=False, default_factory=dict)

    def cost_of(self, operation: OperationDefinitionNode) -> OperationCost:
        self._fragments = {
            node.name.value: node
            for node in self.document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
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
        if (name, page) not in self._fragment_costs:
            # Ends the recursion of a fragment that spreads itself; validation rejects it later.
            self._fragment_costs[name, page] = OperationCost()
            on = self.schema.get_type(fragment.type_condition.name.value)
            self._fragment_costs[name, page] = self._selections(
                fragment.selection_set, on, page=page, level=level + 1
            )
        return self._fragment_costs[name, page]

    def _field(
        self, node: FieldNode, on: GraphQLNamedType | None, page: int, level: int
    ) -> OperationCost:
        name = node.name.value
        definition = get_field_def(self.schema, on, node) if on else None
        size = self._field_size(node, definition, on, page)
        below = OperationCost()
        if node.selection_set:
            inside = get_named_type(definition.type) if definition else None
            below = self._selections(node.selection_set, inside, page=size.edges, level=level + 1)
        cost = FIELD_COSTS.get(name, 1) + size.rows * below.cost
        row_charge = below.charge
        if name == "availableSlots":
            row_charge = DAY_CHARGE + SLOT_CHARGE * below.charge
        base = TYPE_CHARGES.get(f"{on}.{name}") or FIELD_CHARGES.get(name, 1)
        charge = base + CHARGED_ROWS.get(name, size.rows) * row_charge
        if name in INTROSPECTION:
            return OperationCost(cost, introspection_depth=below.depth + 1, charge=charge)
        return OperationCost(
            cost, below.depth + 1, below.introspection_depth, name in CREDENTIAL_FIELDS, charge
        )

    def _field_size(
        self,
        node: FieldNode,
        definition: GraphQLField | None,
        on: GraphQLNamedType | None,
        page: int,
    ) -> FieldSize:
        if on is None or definition is None or is_introspection_type(on):
            return FieldSize(rows=1, edges=0)
        if is_list_type(_nullable(definition.type)):
            rows = page or self._requested_size(node, definition, LIST_SIZE)
            return FieldSize(rows=rows, edges=0)
        is_connection = "first" in definition.args
        edges = self._requested_size(node, definition, DEFAULT_PAGE) if is_connection else 0
        return FieldSize(rows=1, edges=edges)

    def _requested_size(self, node: FieldNode, definition: GraphQLField, default: int) -> int:
        """Return the largest value of the field's SIZE_ARGUMENTS, or ``default``.

        Values are capped at the largest accepted one; the resolver rejects more.
        """
        arguments = [arg for arg in node.arguments if arg.name.value in SIZE_ARGUMENTS]
        self.size_variables.update(
            arg.value.name.value for arg in arguments if isinstance(arg.value, VariableNode)
        )
        requested = {
            arg.name.value: value_from_ast_untyped(arg.value, dict(self.variables))
            for arg in arguments
        }
        for name in SIZE_ARGUMENTS.keys() & definition.args.keys():
            if requested.get(name) in (None, Undefined):
                requested[name] = definition.args[name].default_value
        # A JSON variable can be 100.0, which GraphQL accepts as an Int, or infinite.
        sizes = [
            int(min(max(size, 1), SIZE_ARGUMENTS[name]))
            for name, size in requested.items()
            if isinstance(size, int | float)
        ]
        return max(sizes, default=default)


def _nullable(type_: GraphQLOutputType) -> GraphQLOutputType:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions
        if definition.default_value
    }
