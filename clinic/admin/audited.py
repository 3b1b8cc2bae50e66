"""Patients' records at the desk: every look and every change goes into the audit."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from typing_extensions import override

from clinic import audit
from clinic.admin.read_only import ReadOnlyAdmin
from clinic.admin.typed import M, ModelAdmin
from clinic.models import AccessAction, AccessRecord, Appointment, Patient
from users.models import User


class AuditedAdmin(ModelAdmin[M]):
    """Of patients, or of what names one as ``patient``."""

    @override
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        changelist = (getattr(response, "context_data", None) or {}).get("cl")
        if changelist is not None:
            shown = [str(name) for name in self.get_list_display(request)]
            self._record(request, AccessAction.READ, changelist.result_list, shown)
        return response

    @override
    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> M | None:
        found = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "GET":
            self._record_read(request, found)
        return found

    @override
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        # A form that was refused shows the record again, or for the first time.
        shown: M | None = context["original"]
        if shown is not None and request.method == "POST":
            self._record_read(request, shown)
        return super().render_change_form(request, context, *args, **kwargs)

    @override
    def log_addition(self, request: HttpRequest, obj: M, message: Any) -> LogEntry:
        self._record(request, AccessAction.CHANGE, [obj], _named(message))
        return super().log_addition(request, obj, message)

    @override
    def log_change(self, request: HttpRequest, obj: M, message: Any) -> LogEntry:
        self._record(request, AccessAction.CHANGE, [obj], _named(message))
        return super().log_change(request, obj, message)

    def _record_read(self, request: HttpRequest, row: M) -> None:
        self._record(request, AccessAction.READ, [row], [field.name for field in self.opts.fields])

    def _record(
        self, request: HttpRequest, action: AccessAction, rows: Iterable[Model], names: list[str]
    ) -> None:
        user = request.user
        assert isinstance(user, User)  # noqa: S101 - the admin lets in nobody else
        kind = self.opts.object_name or ""
        audit.record(
            request,
            actor=user,
            action=action,
            patients=[_patient_of(row) for row in rows],
            fields=[f"{kind}.{name}" for name in names],
            operation="admin",
        )


def _patient_of(row: Model) -> int:
    if isinstance(row, Appointment):
        return row.patient_id
    assert isinstance(row, Patient)  # noqa: S101 - nothing else is audited
    return row.pk


def _named(message: Any) -> list[str]:
    """The labels of the fields that Django's message says were changed."""
    changes = message if isinstance(message, list) else []
    return [
        name for change in changes for part in change.values() for name in part.get("fields", [])
    ]


@admin.register(AccessRecord)
class AccessRecordAdmin(ReadOnlyAdmin[AccessRecord]):
    """To be searched, and not to be touched."""

    list_display = ("at", "actor", "action", "patient", "operation", "address")
    # No date_hierarchy: for a moment, MariaDB would need time zone tables of its own.
    list_filter = ("at", "action")
    list_select_related = ("actor", "patient__user")
    list_per_page = 50
    show_full_result_count = False
    search_fields = (
        "actor__first_name",
        "actor__last_name",
        "actor__email",
        "patient__user__first_name",
        "patient__user__last_name",
        "patient__user__email",
        "address",
        "request_id",
    )
    search_help_text = "Name or e-mail address of either, address, or request id"
