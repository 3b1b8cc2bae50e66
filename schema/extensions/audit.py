"""Write the audit log of an operation: the patients whose records it returned or changed.

graphql-core calls the type's ``is_type_of`` for every object of a response, whichever field
returned it. The audited types record the object there, and determine whether the caller can
read more of the record than the patient's name.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from copy import copy
from typing import Any

from channels.db import database_sync_to_async
from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, get_operation_ast
from strawberry.extensions import SchemaExtension

from clinic.models import AccessAction, Appointment, Patient
from clinic.privacy import audit
from clinic.privacy.audit import Access
from schema.core import record_access
from schema.core.access_tracker import AccessTracker
from schema.core.context import Context, WebSocketContext
from schema.core.record_access import RECORD_FIELDS
from users.models import User

# User: only its changes are recorded, because only the account's owner can read it.
AUDITED_TYPES = ("Appointment", "Patient", "Person", "User")

IsTypeOf = Callable[[Any, GraphQLResolveInfo], Any]


def track_audited_types(core: GraphQLSchema) -> None:
    """Record every object of an audited type in a response. Replaces ``is_type_of`` in place."""
    for name in AUDITED_TYPES:
        type_ = core.type_map.get(name)
        if isinstance(type_, GraphQLObjectType) and type_.is_type_of:
            type_.is_type_of = _tracking(type_, type_.is_type_of)


def _tracking(type_: GraphQLObjectType, is_type_of: IsTypeOf) -> IsTypeOf:
    def record(value: Any, info: GraphQLResolveInfo) -> Any:
        matches = is_type_of(value, info)
        if matches and isinstance(info.context, Context):
            hidden = _hidden_fields(value, type_, info)
            info.context.access_tracker.record_object(value, type_, info, hidden=hidden)
        return matches

    return record


def _hidden_fields(
    value: Any, type_: GraphQLObjectType, info: GraphQLResolveInfo
) -> frozenset[str]:
    """Determine whether the caller can read the record; return the fields that are hidden."""
    if not isinstance(value, Appointment | Patient):
        return frozenset()
    if info.context.access_tracker.selects(type_, info, RECORD_FIELDS):
        record_access.prepare(value, info.context)
    record_access.share(value)
    return RECORD_FIELDS if value.record_readable is False else frozenset()


class Audit(SchemaExtension):
    """Writes the recorded accesses with one statement per operation, or per subscription event.

    If writing fails, the operation fails too: no data leaves the server without a record.
    """

    def on_operation(self) -> Iterator[None]:
        if isinstance(self.execution_context.context, WebSocketContext):
            # The operations of a WebSocket share one context; each needs its own tracker.
            self.execution_context.context = copy(self.execution_context.context)
        yield

    def on_execute(self) -> Iterator[None]:
        yield
        self._write()

    async def on_stream_result(self, result: object) -> AsyncIterator[None]:  # noqa: ARG002 - Strawberry passes it
        await database_sync_to_async(self._write)()
        yield

    def _write(self) -> None:
        context = self.execution_context.context
        tracker = context.pop_access_tracker() if isinstance(context, Context) else None
        if tracker:
            audit.record(
                context.request,
                accesses_to_record(context, tracker),
                actor=context.audit_actor,
                operation=self._operation_name(),
                at=context.now,
            )

    def _operation_name(self) -> str:
        document = self.execution_context.graphql_document
        name = self.execution_context.operation_name
        operation = document and get_operation_ast(document, name)
        return operation.name.value if operation and operation.name else ""


def accesses_to_record(context: Context, tracker: AccessTracker) -> dict[int, Access]:
    """Return the tracked accesses by patient pk, excluding reads of one's own record."""
    user = context.audit_actor
    if not (user.is_doctor or tracker.has_changes):
        return {}  # a patient can read no other patient's record
    accesses = tracker.accesses_by_patient()
    only_read = {patient for patient, access in accesses.items() if not access.changed}
    own = _own_records(user) if only_read and user.is_patient else set()
    return {
        patient: Access(
            AccessAction.CHANGE if access.changed else AccessAction.READ,
            frozenset(access.coordinates),
        )
        for patient, access in accesses.items()
        if patient not in only_read & own
    }


def _own_records(user: User) -> set[int]:
    return set(Patient.objects.filter(user=user).values_list("pk", flat=True))
