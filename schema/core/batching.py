"""Batch loading for computed fields: the first row of a list computes the result for all rows.

The optimizer loads relations for a whole list at once. A field that needs code (open
slots, the appointments inside a time off) is resolved row by row, which would cost its
queries once per row. Such a resolver works like a DataLoader instead: it calls
``batch_of(row).load(info, loader)``, and ``loader`` gets all rows of the list.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from django.db.models import Model, QuerySet
from strawberry_django.optimizer import optimize

from clinic.models import Appointment
from schema.core.context import Info
from users.common.prepared_queries import Keys, prepare

Row = TypeVar("Row")
Instance = TypeVar("Instance", bound=Model)
Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")
Loader = Callable[Concatenate[list[Row], Info, Arguments], Mapping[int, Result]]

# The attribute of a row that holds its batch.
BATCH_ATTRIBUTE = "_row_batch"


class RowBatch(Generic[Row]):
    """The rows of one list, and the results that were computed for all of them."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = list(rows)
        # By the ids of the field's nodes, not by its name: under another alias the
        # field can have other arguments.
        self._results: dict[tuple[int, ...], Mapping[int, Any]] = {}

    def load(
        self,
        info: Info,
        loader: Loader[Row, Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Mapping[int, Result]:
        """Return what ``loader(rows, info, ...)`` returns for all rows: a result per primary key.

        ``loader`` is called for the first row of the list only.
        """
        nodes = tuple(id(node) for node in info._raw_info.field_nodes)  # noqa: SLF001 - Strawberry has no public way to it
        if nodes not in self._results:
            self._results[nodes] = loader(self.rows, info, *args, **kwargs)
            info.context.charge_progress()
        return self._results[nodes]


def attach_batch(rows: Iterable[Model]) -> None:
    """Make a batch of ``rows``. If they are appointments, also of their doctors and patients."""
    listed = list(rows)
    _attach(listed)
    appointments = [row for row in listed if isinstance(row, Appointment)]
    for person in (Appointment.doctor, Appointment.patient):
        name = person.field.name
        _attach([getattr(row, name) for row in appointments if person.is_cached(row)])


def load_list(rows: QuerySet[Instance], info: Info) -> list[Instance]:
    """Load the rows with the selected fields, as one batch."""
    loaded = list(optimize(rows, info))
    attach_batch(loaded)
    return loaded


def load_by_keys(model: type[Instance], keys: Collection[int], info: Info) -> list[Instance]:
    """Load the rows with these primary keys and the selected fields, as one batch.

    The query is compiled once for a selection of a document that is kept.
    """
    objects = model._default_manager  # noqa: SLF001 - Django documents it
    plans, raw = info.context.plans, info._raw_info  # noqa: SLF001 - Strawberry has no public way to it
    query = plans and plans.query(
        raw.field_nodes,
        raw.variable_values,
        lambda: prepare(optimize(objects.filter(pk__in=Keys("keys")), info)),
    )
    if not query:
        return load_list(objects.filter(pk__in=keys), info)
    loaded: list[Instance] = query.instances(keys=keys)
    attach_batch(loaded)
    return loaded


def batch_of(row: Instance) -> RowBatch[Instance]:
    """Return the batch of the list that ``row`` is part of, or a batch of ``row`` alone."""
    batch: RowBatch[Instance] | None = getattr(row, BATCH_ATTRIBUTE, None)
    if batch is None:
        batch = RowBatch([row])
        setattr(row, BATCH_ATTRIBUTE, batch)
    return batch


def _attach(rows: list[Any]) -> None:
    batch = RowBatch(rows)
    for row in rows:
        setattr(row, BATCH_ATTRIBUTE, batch)
