"""Patients' records at the desk: every look and every change goes into the audit."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from typing_extensions import override

from clinic.admin.base.generics import M, ModelAdmin
from clinic.models import AccessAction, AccessRecord, Appointment, Doctor, Notification, Patient
from clinic.privacy import audit
from clinic.privacy.audit import Access
from users.models import User

NAMING_SHOWN = 5
# What a row tells of a patient where it is only named, as in a heading or a message.
NAMED_BY: dict[type[Model], tuple[str, ...]] = {
    Appointment: ("date", "doctor", "patient", "time"),
    Notification: ("date", "kind", "recipient", "time"),
    Patient: ("name",),
    User: ("name",),
}

# A row, whose records of it are shown, and what of it.
Shown = tuple[Model, Iterable[int], Iterable[str]]


class AuditedAdmin(ModelAdmin[M]):
    """Notes whom a page shows, of whatever noun: whoever is named on it has been read.

    Noted is the page that is shown, not the row that is loaded for it: a form that was
    refused shows the row again, and one that was accepted does not.
    """

    @override
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = _context_of(response)
        if "cl" in context:
            names = list(map(str, self.get_list_display(request)))
            rows = context["cl"].result_list
            self._record_read(request, ((row, self.patients_in_list(row), names) for row in rows))
        elif "queryset" in context and not (context["perms_lacking"] or context["protected"]):
            # Asks whether to delete them. If they cannot be, it names only what is in the way.
            self.record_named(request, context["queryset"])
        return response

    def patients_in_list(self, row: M) -> Collection[int]:
        """Those of the row's patients who are shown where it is one of a list."""
        return _patients_of(row)

    @override
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        shown = [_display_fields(row) for row in _selected_objects(context["adminform"].form)]
        if (row := context["original"]) is not None:
            shown.append((row, _patients_of(row), self._fields_of_page(request, row)))
        self._record_read(request, shown)
        return super().render_change_form(request, context, *args, **kwargs)

    @override
    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        if (row := _context_of(response).get("object")) and type(row) in NAMED_BY:
            self.record_shown(request, [row], (*NAMED_BY[type(row)], "history"))
        return response

    @override
    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        self.record_named(request, [context["object"]])
        return super().render_delete_form(request, context)

    @override
    def get_deleted_objects(self, objs: Sequence[M] | QuerySet[M], request: HttpRequest) -> Any:
        # Django knows what foreign keys protect; whom the audit names is in a list.
        *others, protected = super().get_deleted_objects(objs, request)
        patients = [patient for row in objs for patient in _patients_of(row)]
        naming = AccessRecord.objects.about(patients).select_related("actor").order_by("pk")
        return *others, [*protected, *map(str, naming[:NAMING_SHOWN])]

    @override
    def log_addition(self, request: HttpRequest, obj: M, message: Any) -> LogEntry:
        self._record(request, AccessAction.CHANGE, [(obj, _patients_of(obj), _labels(message))])
        return super().log_addition(request, obj, message)

    @override
    def log_change(self, request: HttpRequest, obj: M, message: Any) -> LogEntry:
        self._record(request, AccessAction.CHANGE, [(obj, _patients_of(obj), _labels(message))])
        return super().log_change(request, obj, message)

    def record_shown(
        self, request: HttpRequest, rows: Iterable[Model], names: Collection[str]
    ) -> None:
        """Note that these fields of the rows are on the page, in one statement."""
        self._record_read(request, ((row, _patients_of(row), names) for row in rows))

    def record_named(self, request: HttpRequest, rows: Iterable[Model]) -> None:
        """Note that the page, or a message on the next one, names the rows, in one statement."""
        self._record_read(request, map(_display_fields, rows))

    def _fields_of_page(self, request: HttpRequest, row: M) -> list[str]:
        names = flatten_fieldsets(self.get_fieldsets(request, row))
        # What only the form has, hidden, is nothing of the record.
        return [name for name in names if hasattr(row, name) or hasattr(self, name)]

    def _record_read(self, request: HttpRequest, shown: Iterable[Shown]) -> None:
        self._record(request, AccessAction.READ, shown)

    def _record(self, request: HttpRequest, action: AccessAction, shown: Iterable[Shown]) -> None:
        user = request.user
        assert isinstance(user, User)  # noqa: S101 - the admin lets in nobody else
        audit.record(request, _accesses(action, shown), actor=user, operation="admin")


def _accesses(action: AccessAction, shown: Iterable[Shown]) -> dict[int, Access]:
    """All that was shown of each patient."""
    fields: dict[int, set[str]] = defaultdict(set)
    for row, patients, names in shown:
        kind = row._meta.object_name  # noqa: SLF001 - public by Django's documentation
        for patient in patients:
            fields[patient] |= {f"{kind}.{name}" for name in names}
    return {
        patient: Access(action, frozenset(of_patient)) for patient, of_patient in fields.items()
    }


def _patients_of(row: Model) -> Sequence[int]:
    """Whose records the row is part of; nobody's, if it is the account of no patient."""
    match row:
        case Patient():
            return [row.pk]
        case Appointment():
            return [row.patient_id]
        case AccessRecord():
            return list(row.patients)
        case Notification():
            return [row.appointment.patient_id]
        case User():
            return [row.patient.pk] if hasattr(row, "patient") else []
        case Doctor():
            return []  # what a doctor is as a patient is on other pages
    raise TypeError(f"{type(row).__name__} is part of no patient's record")


def _display_fields(row: Model) -> Shown:
    """The row as what is said of it, and of nobody if that names no patient."""
    names = NAMED_BY.get(type(row), ())
    return row, _patients_of(row) if names else (), names


def _selected_objects(form: forms.BaseForm) -> Iterator[Model]:
    """Whom the boxes of a form name as chosen."""
    for name, field in form.fields.items():
        rows = getattr(field, "queryset", None)
        if rows is not None and rows.model in NAMED_BY:
            with suppress(ValidationError):  # of what is nobody's number
                if chosen := field.to_python(form[name].value()):
                    yield chosen


def _context_of(response: HttpResponse) -> dict[str, Any]:
    """Of a page that is about to be shown; nothing, of one that leads to another."""
    return getattr(response, "context_data", None) or {}


def _labels(message: Any) -> list[str]:
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
            self.model_admin.record_named(self.request, offered)
        return context


# The site makes its addresses of it later, when they are first asked for; it has no other seam.
admin.site.autocomplete_view = AuditedAutocomplete.as_view(admin_site=admin.site)  # type: ignore[method-assign, assignment]
