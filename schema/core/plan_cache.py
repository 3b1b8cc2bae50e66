"""The plans of a document, kept as long as the document is."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from graphql import FieldNode

from users.common.prepared_queries import PreparedQuery, Variants

Plan = TypeVar("Plan")
Variables = dict[str, Any]

# A document with many conditions has a plan for each combination of their values; those beyond the
# first ones are made again for each request. Bounds the memory of the plans to about 200 MB: a plan
# of the longest cached document takes 0.7 MB, and clients that are signed in can fill the cache.
MAX_PLANS = 2
# Of the queries that resolvers have prepared for selections of the document, about 60 kB each. A
# document with more has them made again.
MAX_QUERIES = 4


class PlanCache(Generic[Plan]):
    """The plans of the operations of one document.

    ``conditions``: the variables of ``@skip`` and ``@include``, whose values decide which fields
    are selected.
    """

    def __init__(self, conditions: Sequence[str]) -> None:
        self._conditions = conditions
        self._plans: dict[tuple[object, ...], Plan] = {}
        self._queries = Variants[PreparedQuery | None](MAX_QUERIES)

    def plan(
        self, operation_name: str | None, variables: Variables, make: Callable[[Variables], Plan]
    ) -> Plan:
        """Return the plan of an operation. ``make`` makes it from the variables it depends on."""
        key = (operation_name, *map(variables.get, self._conditions))
        plan = self._plans.get(key)
        if plan is None:
            plan = make({name: variables[name] for name in self._conditions if name in variables})
            if len(self._plans) < MAX_PLANS:
                self._plans[key] = plan
        return plan

    def query(
        self,
        nodes: Sequence[FieldNode],
        variables: Variables,
        make: Callable[[], PreparedQuery | None],
    ) -> PreparedQuery | None:
        """Return what ``make`` returned for a selection: its query, None if it has no prepared one.

        ``nodes`` are those of the field; they exist as long as the document does.
        """
        key = (*map(id, nodes), *map(variables.get, self._conditions))
        return self._queries.get(key, make)
