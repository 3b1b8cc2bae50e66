"""Patients' records at the desk: every look and every change goes into the audit."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from typing_extensions import override

from clinic import audit
from clinic.admin.typed import M, ModelAdmin
from clinic.audit import Access
from clinic.models import AccessAction, AccessRecord, Appointment, Notice, Patient
from users.models import User

NAMING_SHOWN = 5


class AuditedAdmin(ModelAdmin[M]):
    """Of patients, and of whatever else is part of one patient's record."""

    @override
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        # The page that asks whether to do something to many has rows, and no list.
        rows = context["cl"].result_list if "cl" in context else context.get("queryset", ())
        self.record_shown(request, rows, self.get_list_display(request))
        return response

    @override
    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> M | None:
        found = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "GET":
            self._record_page(request, found)
        return found

    @override
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        # A form that was refused shows the record again, or for the first time.
        shown: M | None = context["original"]
        if shown is not None and request.method == "POST":
            self._record_page(request, shown)
        return super().render_change_form(request, context, *args, **kwargs)

    @override
    def get_deleted_objects(self, objs: Iterable[Model], request: HttpRequest) -> Any:
        # Django knows what foreign keys protect; whom the audit names is in a list.
        *others, protected = super().get_deleted_objects(objs, request)  # type: ignore[arg-type]
        patients = [patient for row in objs for patient in _patients_of(row)]
        naming = AccessRecord.objects.about(patients).select_related("actor").order_by("pk")
        return *others, [*protected, *map(str, naming[:NAMING_SHOWN])]

    @override
    def log_addition(self, request: HttpRequest, obj: M, message: Any) -> LogEntry:
        self._record(request, AccessAction.CHANGE, [obj], _named(message))
        return super().log_addition(request, obj, message)

    @override
    def log_change(self, request: HttpRequest, obj: M, message: Any) -> LogEntry:
        self._record(request, AccessAction.CHANGE, [obj], _named(message))
        return super().log_change(request, obj, message)

    def record_shown(
        self, request: HttpRequest, rows: Iterable[Model], names: Iterable[object]
    ) -> None:
        """Note that these fields of the rows are on the page, in one statement."""
        self._record(request, AccessAction.READ, rows, map(str, names))

    def _record_page(self, request: HttpRequest, row: M) -> None:
        names = flatten_fieldsets(self.get_fieldsets(request, row))
        # What only the form has, hidden, is nothing of the record.
        of_record = (name for name in names if hasattr(row, name) or hasattr(self, name))
        self.record_shown(request, [row], of_record)

    def _record(
        self,
        request: HttpRequest,
        action: AccessAction,
        rows: Iterable[Model],
        names: Iterable[str],
    ) -> None:
        user = request.user
        assert isinstance(user, User)  # noqa: S101 - the admin lets in nobody else
        kind = self.opts.object_name or ""
        access = Access(
            action=action,
            fields=[f"{kind}.{name}" for name in names],
            patients=[patient for row in rows for patient in _patients_of(row)],
        )
        audit.record(request, access, actor=user, operation="admin")


def _patients_of(row: Model) -> Sequence[int]:
    """Whose records the row is part of; nobody's, if it is the account of no patient."""
    match row:
        case Patient():
            return [row.pk]
        case Appointment():
            return [row.patient_id]
        case AccessRecord():
            return list(row.patients)
        case Notice():
            return [row.appointment.patient_id]
        case User():
            return [row.patient.pk] if hasattr(row, "patient") else []
    raise TypeError(f"{type(row).__name__} is part of no patient's record")


def _named(message: Any) -> list[str]:
    """The labels of the fields that Django's message says were changed."""
    changes = message if isinstance(message, list) else []
    return [
        name for change in changes for part in change.values() for name in part.get("fields", [])
    ]


class AuditedAutocomplete(AutocompleteJsonView):
    """Completes names; those that it offers of patients have been read."""

    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if isinstance(self.model_admin, AuditedAdmin):
            context["object_list"] = offered = list(context["object_list"])
            self.model_admin.record_shown(self.request, offered, ["name"])
        return context


# The site makes its addresses of it later, when they are first asked for; it has no other seam.
admin.site.autocomplete_view = AuditedAutocomplete.as_view(admin_site=admin.site)  # type: ignore[method-assign, assignment]
