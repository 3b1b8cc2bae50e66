"""Invitations of patients, and those to addresses that other accounts have."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.read_only import ReadOnlyAdmin
from clinic.admin.base.services import SERVICE_ERRORS, as_form_error, request_user
from clinic.admin.managed_patient import find_managed_patient
from clinic.models import Patient
from users import invitations
from users.admin import rights
from users.admin.invitations import invite
from users.models import AddressConflict, User

TEMPLATE = "admin/clinic/patient/invite.html"


class InvitationForm(forms.Form):
    """The address to which the invitation is sent. The service validates it."""

    email = forms.CharField(
        label=_("Email address"),
        max_length=254,
        help_text=_(
            "A link to choose a password is sent to this address, which becomes the patient's when "
            "it is used. Another invitation replaces it."
        ),
    )


class InvitingMixin(AuditedAdmin[Patient]):
    """Adds the page and the action that invite patients who cannot sign in.

    The page asks for the address. The action uses those in the accounts.
    """

    actions: tuple[str, ...] = ("invite",)

    @override
    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.invite_view)
        pattern = r"^(?P<patient_id>[0-9]{1,18})/invite/$"
        return [re_path(pattern, page, name="clinic_patient_invite"), *super().get_urls()]

    def invite_view(self, request: HttpRequest, patient_id: str) -> HttpResponse:
        """Ask for the address, and send the invitation."""
        patient = find_managed_patient(self, request, patient_id)
        initial = {"email": patient.user.email or ""}
        form = InvitationForm(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid() and self._send(request, patient, form):
            url = reverse("admin:clinic_patient_change", args=[patient.pk])
            return HttpResponseRedirect(url)
        self.record_shown(request, [patient], ("email", "name"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Invite {name}").format(name=patient),
            "opts": self.opts,
            "form": form,
            "patient": patient,
        }
        return TemplateResponse(request, TEMPLATE, context)

    def _send(self, request: HttpRequest, patient: Patient, form: InvitationForm) -> bool:
        """Send the invitation; return whether it succeeded. Adds the errors to the form."""
        address = form.cleaned_data["email"]
        try:
            invitations.invite(patient.user, address, invited_by=request_user(request))
        except SERVICE_ERRORS as error:
            form.add_error("email", as_form_error(error).messages)
            return False
        self.log_change(request, patient, gettext("Sent an invitation."))
        message = gettext("An invitation is sent to {user}.").format(user=patient)
        self.message_user(request, message, messages.SUCCESS)
        return True

    @admin.action(
        description=_("Invite: send a link to choose the first password"), permissions=["change"]
    )
    def invite(self, request: HttpRequest, patients: QuerySet[Patient]) -> None:
        self.record_named(request, patients)
        for patient in patients.select_related("user"):
            if not rights.can_manage(request, patient.user):
                message = gettext("{user} has permissions that you do not have.")
                self.message_user(request, message.format(user=patient), messages.ERROR)
            elif not patient.user.email:
                message = gettext(
                    "{user} has no email address. Choose Invite on the page of the patient."
                )
                self.message_user(request, message.format(user=patient), messages.ERROR)
            elif invite(self, request, patient.user):
                self.log_change(request, patient, gettext("Sent an invitation."))


@admin.register(AddressConflict)
class AddressConflictAdmin(AuditedAdmin[AddressConflict], ReadOnlyAdmin[AddressConflict]):
    """Read-only, except that an entry is deleted once staff have dealt with it."""

    list_display = ("created_at", "invited", "holder_link", "invited_by")
    list_display_links = None
    list_select_related = ("user__patient", "holder__patient", "invited_by")
    show_full_result_count = False

    @admin.display(description=_("invited"))
    def invited(self, conflict: AddressConflict) -> SafeString:
        return _link(conflict.user)

    @admin.display(description=_("has the address"))
    def holder_link(self, conflict: AddressConflict) -> SafeString:
        return _link(conflict.holder)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Not ReadOnlyAdmin's: there it is disabled.
        return super(ReadOnlyAdmin, self).has_delete_permission(request, obj)

    @override
    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Not AuditedAdmin's: access records keep the patients from being deleted, not the entry.
        return super(AuditedAdmin, self).get_deleted_objects(objs, request)


def _link(user: User) -> SafeString:
    url = reverse("admin:users_user_change", args=[user.pk])
    return format_html('<a href="{}">{}</a>', url, user)
