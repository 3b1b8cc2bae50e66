"""Recording in the audit log which patients' records admin pages show and change."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Self

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from typing_extensions import override

from clinic.admin.base.generics import M, ModelAdmin
from clinic.admin.base.services import known_people_of
from clinic.models import (
    AccessAction,
    AccessRecord,
    Appointment,
    Closure,
    Doctor,
    Guardian,
    Notification,
    Patient,
)
from clinic.privacy import audit
from clinic.privacy.audit import Access
from users.models import AddressConflict, User

MAX_PROTECTING_RECORDS_SHOWN = 5
# The fields that ``str(object)`` discloses, for pages and messages that only name the object.
NAME_FIELDS: dict[type[Model], tuple[str, ...]] = {
    Appointment: ("date", "doctor", "patient", "time"),
    AddressConflict: ("holder", "user"),
    Guardian: ("name", "patient"),
    Notification: ("date", "kind", "recipient", "time"),
    Patient: ("name",),
    User: ("name",),
}
# The key of what a page displays besides its form and the object. It is recorded with them.
SHOWN_BESIDE_FORM = "shown_beside_form"
# The fields that a question about a likely duplicate discloses.
KNOWN_FIELDS = ("date_of_birth", "name")


class ShownObject(NamedTuple):
    """An object on a page, the ids of the patients it discloses, and the displayed fields."""

    obj: Model
    patient_ids: Iterable[int]
    fields: Iterable[str]

    @classmethod
    def of(cls, obj: Model, fields: Iterable[str]) -> Self:
        """The object with the patients whose record it belongs to."""
        return cls(obj, _patient_ids_of(obj), fields)

    @classmethod
    def named(cls, obj: Model) -> Self:
        """The object with the fields that its name discloses; no patients if it has none."""
        fields = NAME_FIELDS.get(type(obj), ())
        return cls(obj, _patient_ids_of(obj) if fields else (), fields)


class AuditedAdmin(ModelAdmin[M]):
    """Records an access for every patient whose data a page of this admin displays.

    A displayed name alone counts as well. What counts is what the page displays, not what it
    loads: an invalid form displays the object again and is recorded as a read; a valid form
    redirects and is recorded as a change only.
    """

    @override
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = _context_of(response)
        if "cl" in context:
            names = list(map(str, self.get_list_display(request)))
            objects = context["cl"].result_list
            self._record_read(
                request, (ShownObject(obj, self.patients_in_list(obj), names) for obj in objects)
            )
        elif "queryset" in context and not (context["perms_lacking"] or context["protected"]):
            # The confirmation page of "delete selected". If the objects cannot be deleted, it
            # names only the objects that protect them.
            self.record_named(request, context["queryset"])
        return response

    def patients_in_list(self, obj: M) -> Collection[int]:
        """Return the ids of the patients that the object's row in the list discloses."""
        return _patient_ids_of(obj)

    @override
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        shown = [ShownObject.named(obj) for obj in _selected_objects(context["adminform"].form)]
        if (obj := context["original"]) is not None:
            fields = self._fields_of_page(request, obj)
            shown.append(ShownObject(obj, _patient_ids_of(obj), fields))
        shown.extend(
            ShownObject(Patient(pk=person.patient_id), [person.patient_id], KNOWN_FIELDS)
            for person in known_people_of(request) or ()
            if person.patient_id is not None
        )
        shown.extend(context.get(SHOWN_BESIDE_FORM, ()))
        self._record_read(request, shown)
        return super().render_change_form(request, context, *args, **kwargs)

    @override
    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        if (obj := _context_of(response).get("object")) and type(obj) in NAME_FIELDS:
            self.record_shown(request, [obj], (*NAME_FIELDS[type(obj)], "history"))
        return response

    @override
    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        self.record_named(request, [context["object"]])
        return super().render_delete_form(request, context)

    @override
    def get_deleted_objects(self, objs: Sequence[M] | QuerySet[M], request: HttpRequest) -> Any:
        # Access records protect the patients in their JSON lists. Django finds protecting
        # objects by foreign keys only.
        *others, protected = super().get_deleted_objects(objs, request)
        patient_ids = [pk for obj in objs for pk in _patient_ids_of(obj)]
        records = AccessRecord.objects.about(patient_ids).select_related("actor").order_by("pk")
        return *others, [*protected, *map(str, records[:MAX_PROTECTING_RECORDS_SHOWN])]

    @override
    def log_addition(self, request: HttpRequest, obj: M, message: Any) -> LogEntry:
        self._record_change(request, obj, message)
        return super().log_addition(request, obj, message)

    @override
    def log_change(self, request: HttpRequest, obj: M, message: Any) -> LogEntry:
        self._record_change(request, obj, message)
        return super().log_change(request, obj, message)

    def record_shown(
        self, request: HttpRequest, objects: Iterable[Model], fields: Collection[str]
    ) -> None:
        """Record that the page displays these fields of the objects, in one statement."""
        self._record_read(request, (ShownObject.of(obj, fields) for obj in objects))

    def record_named(self, request: HttpRequest, objects: Iterable[Model]) -> None:
        """Record that the page, or a message on the next one, names the objects.

        Uses one statement.
        """
        self._record_read(request, map(ShownObject.named, objects))

    def record_objects(
        self, request: HttpRequest, shown: Iterable[ShownObject], operation: str
    ) -> None:
        """Record objects that leave the admin on paper or in a file, in one statement.

        ``operation`` distinguishes them from pages that were only looked at.
        """
        self._record(request, AccessAction.READ, shown, operation)

    def _fields_of_page(self, request: HttpRequest, obj: M) -> list[str]:
        names = flatten_fieldsets(self.get_fieldsets(request, obj))
        # Fields that only the form has, such as hidden ones, display no data of the object.
        return [name for name in names if hasattr(obj, name) or hasattr(self, name)]

    def _record_read(self, request: HttpRequest, shown: Iterable[ShownObject]) -> None:
        self._record(request, AccessAction.READ, shown)

    def _record_change(self, request: HttpRequest, obj: M, message: Any) -> None:
        changed = ShownObject(obj, _patient_ids_of(obj), _changed_labels(message))
        self._record(request, AccessAction.CHANGE, [changed])

    def _record(
        self,
        request: HttpRequest,
        action: AccessAction,
        shown: Iterable[ShownObject],
        operation: str = "admin",
    ) -> None:
        user = request.user
        assert isinstance(user, User)  # noqa: S101 - admin views require a signed-in user
        audit.record(request, _accesses(action, shown), actor=user, operation=operation)


def _accesses(action: AccessAction, shown: Iterable[ShownObject]) -> dict[int, Access]:
    """Merge the shown fields, as ``Model.field``, by patient id."""
    fields: dict[int, set[str]] = defaultdict(set)
    for obj, patient_ids, names in shown:
        model = obj._meta.object_name  # noqa: SLF001 - Django documents _meta as public
        for patient_id in patient_ids:
            fields[patient_id] |= {f"{model}.{name}" for name in names}
    return {
        patient_id: Access(action, frozenset(of_patient))
        for patient_id, of_patient in fields.items()
    }


def _patient_ids_of(obj: Model) -> Sequence[int]:
    """Return the ids of the patients whose records the object belongs to.

    Empty for an account without a patient profile.
    """
    match obj:
        case Patient():
            return [obj.pk]
        case Appointment():
            return [obj.patient_id]
        case AccessRecord():
            return list(obj.patients)
        case Notification():
            return [obj.appointment.patient_id]
        case Guardian():
            # A guardian can be a patient as well.
            return [obj.patient_id, *_patient_ids_of(obj.user)]
        case User():
            return [obj.patient.pk] if hasattr(obj, "patient") else []
        case AddressConflict():
            return [*_patient_ids_of(obj.user), *_patient_ids_of(obj.holder)]
        # Pages of a doctor display nothing of the doctor's patient profile. That of a closure
        # records the appointments that it lists.
        case Doctor() | Closure():
            return []
    raise TypeError(f"Unknown which patients a {type(obj).__name__} belongs to")


def _selected_objects(form: forms.BaseForm) -> Iterator[Model]:
    """Yield the objects that the form's fields display as selected, by name."""
    for name, field in form.fields.items():
        queryset = getattr(field, "queryset", None)
        if queryset is not None and queryset.model in NAME_FIELDS:
            with suppress(ValidationError):  # the submitted value selects no object
                if selected := field.to_python(form[name].value()):
                    yield selected


def _context_of(response: HttpResponse) -> dict[str, Any]:
    """Return the template context of a page; empty for a redirect."""
    return getattr(response, "context_data", None) or {}


def _changed_labels(message: Any) -> list[str]:
    """Return the labels of the changed fields from Django's change message.

    For a row of an inline that was added or deleted, the name of its model.
    """
    changes = message if isinstance(message, list) else []
    return [
        str(name)
        for change in changes
        for part in change.values()
        for name in part.get("fields", [part["name"]] if "name" in part else [])
    ]
