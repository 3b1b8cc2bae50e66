"""Saving through verbs: how the admin does what it is asked, and says why it cannot."""

from typing import Any, cast

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import OperationalError
from django.http import HttpRequest
from typing_extensions import override

from clinic.admin.base.generics import M, ModelAdmin, ModelForm
from clinic.errors import RoleRequired, SlotUnavailable
from clinic.slots import Slot
from users.admin.request_checks import ValidatedRequestMixin
from users.common.transactions import TransactionConflict, is_contention
from users.models import User

SERVICE_ERRORS = (ValidationError, RoleRequired, SlotUnavailable, TransactionConflict)
ROLE_MISSING = "This account does not have that role. Grant it on the account's own page first."


def as_form_error(refusal: Exception) -> ValidationError:
    """Any refusal of a verb, as an error by field."""
    if isinstance(refusal, ValidationError):
        return refusal
    if isinstance(refusal, SlotUnavailable):
        return ValidationError({"time": f"{refusal} {_alternatives(refusal)}".rstrip()})
    if isinstance(refusal, RoleRequired):
        return ValidationError({"user": ROLE_MISSING})
    return ValidationError(str(refusal))


def _alternatives(refusal: SlotUnavailable) -> str:
    free = ", ".join(format_slot(slot) for slot in refusal.next_available)
    return f"Next free: {free}." if free else ""


def format_slot(slot: Slot) -> str:
    """When it starts, as staff read it."""
    return f"{slot.start:%a %Y-%m-%d %H:%M}"


def request_user(request: HttpRequest) -> User:
    """Who acts."""
    return cast("User", request.user)


class ServiceForm(ModelForm[M]):
    """A form that shows what a verb refused, on the field that it is about."""

    # What verbs call a field, where it has another name here.
    renamed = {"doctor_id": "doctor", "patient_id": "patient"}
    refusal: ValidationError | None = None

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # Django's own hook, unknown to its stubs
        self.show_error()

    def show_error(self) -> None:
        """Add what the verb refused, on the second showing of the form."""
        if self.refusal is not None:
            for name, errors in self._by_field(self.refusal).items():
                # A dotted one is about a row of a part of the page, which shows it.
                if "." not in name:
                    self.add_error(name if name in self.fields else None, errors)

    def _by_field(self, refusal: ValidationError) -> dict[str, list[ValidationError]]:
        if not hasattr(refusal, "error_dict"):
            return {NON_FIELD_ERRORS: refusal.error_list}
        return {self.renamed.get(name, name): errors for name, errors in refusal.error_dict.items()}


class ServiceAdmin(ValidatedRequestMixin, ModelAdmin[M]):
    """An admin that saves through verbs; a refusal rolls back and becomes a form error."""

    @override
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except SERVICE_ERRORS as error:
            refusal: Exception = error
        except OperationalError as error:
            if not is_contention(error):
                raise
            refusal = TransactionConflict()
        # The transaction is undone. The form is shown anew, and told why.
        vars(request)["refusal"] = as_form_error(refusal)
        return super().changeform_view(request, object_id, form_url, extra_context)

    @override
    def get_form(
        self, request: HttpRequest, obj: M | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[M]]:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": error_of(request)})


def error_of(request: HttpRequest) -> ValidationError | None:
    """What a verb refused of this request, once it has."""
    refusal: ValidationError | None = vars(request).get("refusal")
    return refusal
