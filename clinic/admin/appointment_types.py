"""Admin of the clinic's catalogue of appointment types."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic.admin.base.services import ServiceAdmin, ServiceForm
from clinic.booking import catalogue
from clinic.booking.catalogue import Usage
from clinic.models import AppointmentType
from users.admin.deletion import RetryDeletionMixin
from users.admin.request_checks import MAX_SEARCH_LENGTH
from users.folding import search_key, search_terms

KEPT = _(
    "A change is for new appointments. Existing ones keep the length, the buffers and the "
    "cancellation notice with which they were booked."
)
MAKE_INACTIVE = _(
    "Make the appointment type inactive instead: then it cannot be booked, and existing "
    "appointments stay as they are."
)


class AppointmentTypeForm(ServiceForm[AppointmentType]):
    """All fields of a type."""

    class Meta:
        labels = {
            "description": _("Description and instructions"),
            "duration_minutes": _("Length in minutes"),
            "buffer_before_minutes": _("Buffer before, in minutes"),
            "buffer_after_minutes": _("Buffer after, in minutes"),
            "bookable_by": _("Who can book it"),
            "lead_time_minutes": _("Lead time in minutes"),
            "cancellation_notice_minutes": _("Cancellation notice in minutes"),
            "max_per_day": _("Most per day"),
        }
        help_texts = {
            "description": _(
                "What it is and how to prepare for it. Patients see this text when they book and "
                "in the email that confirms the appointment."
            ),
            "duration_minutes": _("A multiple of 5."),
            "buffer_before_minutes": _(
                "Time that the doctor needs before the start, such as to prepare the room. The "
                "patient does not see it. A multiple of 5."
            ),
            "buffer_after_minutes": _("Time that the doctor needs after the end. A multiple of 5."),
            "confirmation": _(
                "Automatic: an appointment that a patient books is confirmed at once. Manual: it "
                "is pending until the doctor or staff confirm it."
            ),
            "lead_time_minutes": _(
                "How long before the start patients must book. One day is 1440. If empty, the "
                "lead time of the clinic."
            ),
            "cancellation_notice_minutes": _(
                "Until how long before the start patients can cancel or reschedule. One day is "
                "1440. 0: until the start. Doctors and staff always can."
            ),
            "max_per_day": _(
                "How many appointments of this type each doctor takes on one day. Doctors and "
                "staff can book more. If empty, any number."
            ),
            "active": _("Inactive types cannot be booked. Existing appointments stay."),
        }


@admin.register(AppointmentType)
class AppointmentTypeAdmin(RetryDeletionMixin, ServiceAdmin[AppointmentType]):
    """The catalogue. A doctor's page has the types that the doctor offers."""

    form = AppointmentTypeForm
    fieldsets = [
        (None, {"fields": ("name", "description", "active")}),
        (
            _("Time"),
            {
                "fields": ("duration_minutes", "buffer_before_minutes", "buffer_after_minutes"),
                "description": KEPT,
            },
        ),
        (
            _("Booking by patients"),
            {
                "fields": (
                    *("bookable_by", "confirmation", "lead_time_minutes"),
                    *("cancellation_notice_minutes", "max_per_day"),
                )
            },
        ),
    ]
    list_display = (
        *("name", "length", "buffers", "confirmation", "active", "doctors"),
        "listed_bookable_by",
    )
    list_filter = ("active", "bookable_by", "confirmation")
    search_fields = ("name",)
    ordering = ("name", "pk")

    @admin.display(description=_("length"), ordering="duration_minutes")
    def length(self, kind: AppointmentType) -> str:
        return gettext("{minutes} min").format(minutes=kind.duration_minutes)

    @admin.display(description=_("buffers"))
    def buffers(self, kind: AppointmentType) -> str:
        before, after = kind.buffer_before_minutes, kind.buffer_after_minutes
        if not before and not after:
            return ""
        return gettext("{before} and {after} min").format(before=before, after=after)

    @admin.display(description=_("who can book it"), ordering="bookable_by")
    def listed_bookable_by(self, kind: AppointmentType) -> str:
        return kind.get_bookable_by_display()

    @admin.display(description=_("offered by"), ordering="doctor_count")
    def doctors(self, kind: Any) -> str:
        count: int = kind.doctor_count
        return ngettext("{count} doctor", "{count} doctors", count).format(count=count)

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[AppointmentType]:
        types: QuerySet[AppointmentType] = super().get_queryset(request)
        return types.annotate(doctor_count=Count("offered_by"))

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AppointmentType], search_term: str
    ) -> tuple[QuerySet[AppointmentType], bool]:
        """Search the names as those of people are searched, without a column for it.

        A catalogue is small enough to compare all names here.
        """
        if len(search_term) > MAX_SEARCH_LENGTH:
            return queryset.none(), False
        words = [word for term in search_terms(search_term) for word in term.words]
        found = [
            pk
            for pk, name in AppointmentType.objects.values_list("pk", "name")
            if all(word in search_key(name) for word in words)
        ]
        return queryset.filter(pk__in=found), False

    @override
    def save_model(
        self, request: HttpRequest, obj: AppointmentType, form: Any, change: bool
    ) -> None:
        # Saving unchanged fields too would overwrite concurrent changes of them.
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        obj.pk = catalogue.save_appointment_type(obj.pk, **changes).pk

    @override
    def get_deleted_objects(
        self, objs: Sequence[AppointmentType] | QuerySet[AppointmentType], request: HttpRequest
    ) -> Any:
        # Django would load and name all appointments of these types, and so their patients.
        if protected := [*_reasons_to_keep(catalogue.usages(objs))]:
            return [], {}, set(), protected
        return super().get_deleted_objects(objs, request)


def _reasons_to_keep(usages: Sequence[Usage]) -> Iterator[str]:
    """Yield why the types cannot be deleted, and what to do instead; nothing if they can."""
    is_used = False
    for kind, appointments, doctors in usages:
        if appointments:
            is_used = True
            yield ngettext(
                "{name}: {count} appointment", "{name}: {count} appointments", appointments
            ).format(name=kind, count=appointments)
        if doctors:
            is_used = True
            yield ngettext(
                "{name}: {count} doctor who offers it",
                "{name}: {count} doctors who offer it",
                doctors,
            ).format(name=kind, count=doctors)
    if is_used:
        yield str(MAKE_INACTIVE)
