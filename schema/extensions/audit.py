"""Writes down, at the end of an operation, whose records it showed or changed.

An object of an audited type passes by its type's ``is_type_of`` on its way into an
answer, whichever field led to it.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from copy import copy
from typing import Any

from channels.db import database_sync_to_async
from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, get_operation_ast
from strawberry.extensions import SchemaExtension

from clinic.models import AccessAction, Patient
from clinic.privacy import audit
from clinic.privacy.audit import Access
from schema.core.access_tracker import AccessTracker
from schema.core.context import Context, WebSocketContext
from users.models import User

# Of an account, which a patient alone is shown, the changes count.
AUDITED_TYPES = ("Appointment", "Patient", "Person", "User")

IsTypeOf = Callable[[Any, GraphQLResolveInfo], Any]


def track_audited_types(core: GraphQLSchema) -> None:
    """Note every object of an audited type that comes into an answer."""
    for name in AUDITED_TYPES:
        type_ = core.type_map.get(name)
        if isinstance(type_, GraphQLObjectType) and type_.is_type_of:
            type_.is_type_of = _tracking(type_, type_.is_type_of)


def _tracking(type_: GraphQLObjectType, is_type_of: IsTypeOf) -> IsTypeOf:
    def noting(value: Any, info: GraphQLResolveInfo) -> Any:
        is_one = is_type_of(value, info)
        if is_one and isinstance(info.context, Context):
            info.context.access_tracker.record_object(value, type_, info)
        return is_one

    return noting


class Audit(SchemaExtension):
    """One statement for the trail of an operation. If it fails, there is no answer.

    A subscription has a trail, and such a statement, for each thing that it tells.
    """

    def on_operation(self) -> Iterator[None]:
        if isinstance(self.execution_context.context, WebSocketContext):
            # The operations of a socket share its context, but no trail.
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
        trail = context.pop_access_tracker() if isinstance(context, Context) else None
        if trail:
            audit.record(
                context.request,
                accesses_of(context, trail),
                actor=context.audit_actor,
                operation=self._operation_name(),
                at=context.now,
            )

    def _operation_name(self) -> str:
        document = self.execution_context.graphql_document
        name = self.execution_context.operation_name
        operation = document and get_operation_ast(document, name)
        return operation.name.value if operation and operation.name else ""


def accesses_of(context: Context, trail: AccessTracker) -> dict[int, Access]:
    """What is on the trail, by the patient's id, less what people merely read of their own."""
    user = context.audit_actor
    if not (user.is_doctor or trail.has_changes):
        return {}  # a patient is shown nobody else's record
    touched = trail.accesses_by_patient()
    only_read = {patient for patient, touch in touched.items() if not touch.changed}
    mine = _own_records(user) if only_read and user.is_patient else set()
    return {
        patient: Access(
            AccessAction.CHANGE if touch.changed else AccessAction.READ,
            frozenset(touch.coordinates),
        )
        for patient, touch in touched.items()
        if patient not in only_read & mine
    }


def _own_records(user: User) -> set[int]:
    return set(Patient.objects.filter(user=user).values_list("pk", flat=True))
