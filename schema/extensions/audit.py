"""Write the audit log of an operation: the patients whose records it returned or changed."""

from collections.abc import AsyncIterator, Iterator, Sequence
from copy import copy

from channels.db import database_sync_to_async
from graphql import get_operation_ast
from strawberry.extensions import SchemaExtension

from clinic.models import AccessAction, Patient
from clinic.privacy import audit
from clinic.privacy.audit import Access
from schema.core.access_tracker import AccessTracker
from schema.core.context import Context, WebSocketContext
from users.authentication.middleware import TokenRequest
from users.models import Role, User


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
        context = self.execution_context.context
        if isinstance(context, Context) and (tracker := context.pop_access_tracker()):
            self._write(context, tracker, [context.request])

    async def on_stream_result(self, result: object) -> AsyncIterator[None]:  # noqa: ARG002 - Strawberry passes it
        context = self.execution_context.context
        # Without one, nothing waits for the thread of the database.
        if isinstance(context, WebSocketContext) and (tracker := context.pop_access_tracker()):
            requests = context.socket.audited_requests()
            await database_sync_to_async(self._write)(context, tracker, requests)
        yield

    def _write(
        self, context: Context, tracker: AccessTracker, requests: Sequence[TokenRequest]
    ) -> None:
        accesses = accesses_to_record(context, tracker)
        if accesses:
            audit.record_all(
                requests,
                accesses,
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
    reads_others = user.is_staff or user.acts_as(Role.DOCTOR)
    if not (reads_others or user.acts_for_patients or tracker.has_changes):
        return {}
    accesses = tracker.accesses_by_patient()
    read = [patient for patient, each in accesses.items() if each.action is AccessAction.READ]
    if read and user.is_patient:
        for patient in _own_records(user).intersection(read):
            del accesses[patient]
    return accesses


def _own_records(user: User) -> set[int]:
    return set(Patient.objects.filter(user=user).values_list("pk", flat=True))
