"""Admin pages that save through service functions and display the errors of these."""

from functools import partial
from typing import Any, cast

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import OperationalError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from typing_extensions import override

from clinic.admin.base.formats import format_slot
from clinic.admin.base.generics import M, ModelAdmin, ModelForm
from clinic.admin.base.links import duplicates_error
from clinic.errors import (
    KnownPerson,
    OutsideWorkingTime,
    PossibleDuplicate,
    RoleRequired,
    SlotUnavailable,
)
from users.admin.redisplay import run_with_redisplay
from users.admin.request_checks import ValidatedRequestMixin
from users.common.rate_limits import RateLimiterUnavailable, RateLimitExceeded
from users.common.transactions import TransactionConflict, is_contention
from users.models import User

SERVICE_ERRORS = (
    ValidationError,
    RoleRequired,
    SlotUnavailable,
    OutsideWorkingTime,
    TransactionConflict,
    RateLimitExceeded,
    RateLimiterUnavailable,
)


class ServiceRequest(HttpRequest):
    """Request of a ``ServiceAdmin`` form.

    ``save_error`` is set after a service has failed, and ``busy_patient_id`` to the patient on
    whose other appointments that error depends. ``asks_all_the_same`` is set if the time can be
    used although the doctor does not work then. ``known_people`` are the likely duplicates of a
    person to register that the page names. ``registers_patient`` is set on the page that registers
    a patient and books an appointment.
    """

    save_error: ValidationError
    busy_patient_id: int
    asks_all_the_same: bool
    known_people: list[KnownPerson]
    registers_patient: bool


def save_error_of(request: HttpRequest) -> ValidationError | None:
    """The error that the service raised in the first run of this request's view, if any."""
    return getattr(request, "save_error", None)


def busy_patient_id_of(request: HttpRequest) -> int | None:
    """The patient whose free times ``save_error`` discloses, if any."""
    return getattr(request, "busy_patient_id", None)


def known_people_of(request: HttpRequest) -> list[KnownPerson] | None:
    """The likely duplicates that the page names; None if the service found none."""
    return getattr(request, "known_people", None)


def as_form_error(error: Exception) -> ValidationError:
    """Convert one of ``SERVICE_ERRORS`` to a form error, by field where the field is known."""
    if isinstance(error, ValidationError):
        return error
    if isinstance(error, SlotUnavailable):
        return ValidationError({"time": f"{error} {_alternatives(error)}".rstrip()})
    if isinstance(error, OutsideWorkingTime):
        return ValidationError({"time": f"{error} {_free_times(error)}"})
    if isinstance(error, RoleRequired):
        return ValidationError(
            {"user": _("This account does not have this role. Add the role on the account's page.")}
        )
    return ValidationError(str(error))


def _alternatives(error: SlotUnavailable) -> str:
    slots = ", ".join(format_slot(slot) for slot in error.next_available)
    return _("Next available times: {slots}.").format(slots=slots) if slots else ""


def _free_times(error: OutsideWorkingTime) -> str:
    times = ", ".join(f"{slot.time:%H:%M}" for slot in error.free_slots)
    return (
        _("Free times on this date: {times}.").format(times=times)
        if times
        else _("There is no free time on this date.")
    )


def request_user(request: HttpRequest) -> User:
    """Return the signed-in staff member; admin views have no anonymous requests."""
    return cast("User", request.user)


class ServiceForm(ModelForm[M]):
    """A form that displays the error of the service function, next to the field if possible.

    ``ServiceAdmin.get_form`` sets ``save_error`` and what the form asks on the form class that it
    creates for a request.
    """

    # Names of the fields of a service whose form fields are named differently.
    renamed = {
        "doctor_id": "doctor",
        "patient_id": "patient",
        "appointment_type_id": "appointment_type",
    }
    save_error: ValidationError | None = None
    asks_all_the_same = False
    asks_about_duplicates = False

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # missing in django-stubs
        self.add_save_error()

    def add_save_error(self) -> None:
        """Add ``save_error`` to the errors of the form."""
        if self.save_error is None:
            return
        for name, errors in self._by_field(self.save_error).items():
            # A name with dots belongs to a row of an inline, which displays it.
            if "." not in name:
                self.add_error(name if name in self.fields else None, errors)

    def _by_field(self, error: ValidationError) -> dict[str, list[ValidationError]]:
        if not hasattr(error, "error_dict"):
            return {NON_FIELD_ERRORS: error.error_list}
        return {self.renamed.get(name, name): errors for name, errors in error.error_dict.items()}


class ServiceAdmin(ValidatedRequestMixin, ModelAdmin[M]):
    """An admin whose ``save_model`` calls a service function.

    If the service raises, Django rolls back the transaction of the view. The view runs again
    with the error in ``request.save_error``. In this second run the form is invalid, so that
    nothing is saved and the page shows the error with the submitted values.
    """

    @override
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        return run_with_redisplay(
            partial(super().changeform_view, request, object_id, form_url, extra_context),
            *SERVICE_ERRORS,
            OperationalError,
            keep_error=partial(_keep_error, cast("ServiceRequest", request)),
        )

    @override
    def get_form(
        self, request: HttpRequest, obj: M | None = None, change: bool = False, **kwargs: Any
    ) -> type[ServiceForm[M]]:
        form = super().get_form(request, obj, change=change, **kwargs)
        service_form = cast("type[ServiceForm[M]]", form)
        # Not seen by other requests: Django creates a form class for each request.
        service_form.save_error = save_error_of(request)
        service_form.asks_all_the_same = getattr(request, "asks_all_the_same", False)
        service_form.asks_about_duplicates = known_people_of(request) is not None
        return service_form


def _keep_error(request: ServiceRequest, error: Exception) -> None:
    if isinstance(error, OperationalError):
        if not is_contention(error):
            raise error
        error = TransactionConflict()
    if isinstance(error, SlotUnavailable | OutsideWorkingTime):
        request.busy_patient_id = error.patient_id
    request.asks_all_the_same = isinstance(error, OutsideWorkingTime)
    if isinstance(error, PossibleDuplicate):
        # Others are asked the same question without names.
        can_view = request_user(request).has_perm("clinic.view_patient")
        request.known_people = error.people if can_view else []
        error = duplicates_error(request.known_people, error)
    request.save_error = as_form_error(error)
