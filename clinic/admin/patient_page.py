"""What the page of a patient shows of the person besides the profile.

Appointments, the people for whom the patient acts, emails, accesses to the record, and the account:
reception needs no other page. Each part needs the permission of the list that it is from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, re_path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from typing_extensions import override

from clinic import clock
from clinic.admin.base.audit import SHOWN_BESIDE_FORM, AuditedAdmin, ShownObject
from clinic.admin.base.formats import format_datetime
from clinic.admin.base.services import request_user
from clinic.admin.managed_patient import find_managed_patient
from clinic.admin.notifications import state_of
from clinic.models import AccessRecord, Appointment, Guardian, Notification, Patient, Status
from users.admin import rights
from users.admin.sign_in_links import send_sign_in_link
from users.models import Purpose, User

# The contents of a part; longer ones link to the whole list, or have pages.
MAX_ROWS = 20
ACCESS_PAGE = "accesses"
LAST_PAGE = 10_000
ACCOUNT_FIELDS = ("email", "address_state", "sign_in_state")
APPOINTMENT_FIELDS = ("appointment_type", "date", "doctor", "duration_minutes", "status", "time")
EMAIL_FIELDS = ("created_at", "date", "kind", "recipient", "state", "time")
ACCESS_FIELDS = ("action", "actor", "at", "fields", "on_behalf_of", "operation")


@dataclass
class PersonPage:
    """The parts of the page; None where the permission is missing."""

    patient: Patient
    upcoming: Sequence[Appointment] | None = None
    past: Sequence[Appointment] | None = None
    guardians: Sequence[Guardian] = ()
    dependants: Sequence[Guardian] | None = None
    emails: Sequence[tuple[Notification, str]] | None = None  # with the state
    accesses: Sequence[AccessRecord] | None = None
    access_page: int = 1
    has_older_accesses: bool = False


def load_person(request: HttpRequest, patient: Patient) -> PersonPage:
    """Load the parts that the member of staff can view. The number of queries is constant."""
    user, page = request_user(request), PersonPage(patient)
    page.guardians = list(patient.guardians.select_related("user__patient"))
    if user.has_perm("clinic.view_appointment"):
        page.upcoming, page.past = _appointments_of(patient)
    if user.has_perm("clinic.view_guardian"):
        dependants = patient.user.dependants.select_related("patient__user", "user__patient")
        page.dependants = list(dependants.order_by("patient__user__first_name_folded", "pk"))
    if user.has_perm("clinic.view_notification"):
        page.emails = _emails_to(page)
    if user.has_perm("clinic.view_accessrecord"):
        _load_accesses(page, request.GET.get(ACCESS_PAGE, ""))
    return page


def _appointments_of(patient: Patient) -> tuple[list[Appointment], list[Appointment]]:
    """Return the next ones, the first one first, and past and cancelled ones, the latest first."""
    today = clock.today()
    own = Appointment.objects.filter(patient=patient)
    own = own.select_related("doctor__user", "patient__user", "appointment_type")
    is_over = Q(date__lt=today) | Q(status=Status.CANCELLED)
    upcoming = own.exclude(is_over).order_by("date", "time", "pk")
    past = own.filter(is_over).order_by("-date", "-time", "-pk")
    return list(upcoming[:MAX_ROWS]), list(past[:MAX_ROWS])


def _emails_to(page: PersonPage) -> list[tuple[Notification, str]]:
    """Return the latest emails about the patient's appointments, and their state.

    Those to the patient and to the guardians.
    """
    recipients = [page.patient.user_id, *(guardian.user_id for guardian in page.guardians)]
    emails = Notification.objects.filter(
        appointment__patient=page.patient, recipient__in=recipients
    )
    latest = emails.select_related("recipient").order_by("-created_at", "-pk")[:MAX_ROWS]
    return [(email, state_of(email)) for email in latest]


def _load_accesses(page: PersonPage, number: str) -> None:
    """Load a page of the accesses to the record, the latest first."""
    is_valid = number.isascii() and number.isdigit() and len(number) <= len(str(LAST_PAGE))
    page.access_page = max(int(number), 1) if is_valid else 1
    start = (page.access_page - 1) * MAX_ROWS
    records = AccessRecord.objects.about([page.patient.pk]).latest_first()
    # One more than is shown. Counting all of them would read the whole log of the patient.
    found = list(records.select_related("actor", "on_behalf_of")[start : start + MAX_ROWS + 1])
    page.accesses, page.has_older_accesses = found[:MAX_ROWS], len(found) > MAX_ROWS


def shown_on(page: PersonPage) -> Iterator[ShownObject]:
    """Yield what the parts display, for the audit."""
    own = [page.patient.pk]
    for appointment in [*(page.upcoming or ()), *(page.past or ())]:
        yield ShownObject(appointment, own, APPOINTMENT_FIELDS)
    for guardian in page.guardians:
        # Guardians can be patients as well, whom the page names.
        yield ShownObject.named(guardian.user)
    for dependant in page.dependants or ():
        yield ShownObject.named(dependant)
    for email, _state in page.emails or ():
        yield ShownObject(email, own, EMAIL_FIELDS)
    for record in page.accesses or ():
        # Other patients of the same access are not displayed.
        yield ShownObject(record, own, ACCESS_FIELDS)


class PatientPageMixin(AuditedAdmin[Patient]):
    """Adds the parts to the page, and what can be sent to the owner of the account."""

    change_form_template = "admin/clinic/patient/change_form.html"

    @admin.display(description=_("verification"))
    def address_state(self, patient: Patient) -> str:
        """Whether emails are sent to the address, and why not."""
        user = patient.user
        if not user.email:
            return gettext("None. Emails about appointments go to the guardians.")
        if user.email_needs_review:
            return gettext("Not valid or used twice: no email is sent to it.")
        if user.email_verified_at:
            at = format_datetime(user.email_verified_at.astimezone(clock.zone()))
            return gettext("Verified {at}.").format(at=at)
        if user.email_entered_by_staff:
            return gettext("Entered by staff and not verified yet. Emails are sent to it.")
        return gettext("Not verified yet by its owner.")

    @admin.display(description=_("sign-in"))
    def sign_in_state(self, patient: Patient) -> str:
        """Whether the patient can sign in, and since when, or what is missing."""
        user = patient.user
        if not user.is_active:
            return gettext("The account is disabled.")
        if not user.has_usable_password():
            return _invitation_state(user)
        if user.last_login is None:
            return gettext("Possible; has not signed in yet.")
        at = format_datetime(user.last_login.astimezone(clock.zone()))
        return gettext("Possible; signed in last {at}.").format(at=at)

    @override
    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(require_POST(self.sign_in_link_view))
        pattern = r"^(?P<patient_id>[0-9]{1,18})/sign-in-link/$"
        return [re_path(pattern, page, name="clinic_patient_sign_in_link"), *super().get_urls()]

    def sign_in_link_view(self, request: HttpRequest, patient_id: str) -> HttpResponse:
        """Email the owner of the account a link to choose a password."""
        patient = find_managed_patient(self, request, patient_id)
        self.record_named(request, [patient])
        if send_sign_in_link(self, request, patient.user):
            self.log_change(request, patient, gettext("Sent a link to choose a password."))
        return HttpResponseRedirect(reverse("admin:clinic_patient_change", args=[patient.pk]))

    @override
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if (patient := context["original"]) is not None:
            context["person"] = page = load_person(request, patient)
            context[SHOWN_BESIDE_FORM] = shown_on(page)
            context["can_send_link"] = (
                bool(patient.user.email)
                and patient.user.has_usable_password()
                and self.has_change_permission(request, patient)
                and rights.can_manage(request, patient.user)
            )
        return super().render_change_form(request, context, *args, **kwargs)


def _invitation_state(user: User) -> str:
    invitations = user.email_links.valid().filter(purpose=Purpose.INVITATION)
    if (link := invitations.order_by("-pk").first()) is None:
        return gettext("Not possible: no password was chosen, and there is no invitation.")
    text = gettext("Not possible yet: invited to {address}, valid until {until}.")
    until = format_datetime(link.expires_at.astimezone(clock.zone()))
    return text.format(address=link.address, until=until)
