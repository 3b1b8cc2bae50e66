"""The page on which staff move or call off the appointments of a doctor's day."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock
from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.date_fields import DateField
from clinic.admin.base.formats import format_slot
from clinic.admin.base.services import SERVICE_ERRORS, as_form_error, request_user
from clinic.booking import doctors_day
from clinic.booking.day_options import DayOption, options_of_day
from clinic.booking.doctors_day import Cancel, DayChange, DayResult, Reassign, Reschedule
from clinic.models import Appointment, Doctor, Patient
from clinic.models.appointment import MAX_TEXT_LENGTH

TEMPLATE = "admin/clinic/appointment/day.html"
# The values of the choices: one of these two, the primary key of another doctor, or a start.
KEEP, CANCEL = "keep", "cancel"
DOCTOR, START = "doctor", "start"
CHOICE = re.compile(
    r"keep|cancel|doctor:(?P<doctor>\d{1,18})|start:(?P<start>\d{4}-\d\d-\d\dT\d\d:\d\d)"
)
FIELD = re.compile(r"appointment_(\d{1,18})")
SHOWN_FIELDS = ("date", "time", "duration_minutes", "doctor", "patient", "appointment_type")


class DayForm(forms.Form):
    """The doctor, the date and the suggestion."""

    doctor = forms.ModelChoiceField(
        label=_("Doctor"),
        queryset=Doctor.objects.select_related("user").by_name(),
    )
    date = DateField(label=_("Date"))
    suggestion = forms.ChoiceField(
        label=_("Suggest for each appointment"),
        required=False,
        choices=[
            (KEEP, _("Leave as it is")),
            (DOCTOR, _("Another doctor at the same time, or the next free time")),
            (START, _("The next free time of the doctor")),
            (CANCEL, _("Cancel")),
        ],
    )


class ChoiceField(forms.ChoiceField):
    """What to do with an appointment. A choice that was offered before is valid.

    The service reports a doctor or a time that is not available any more.
    """

    @override
    def valid_value(self, value: Any) -> bool:
        return bool(CHOICE.fullmatch(str(value)))


class ChoicesForm(forms.Form):
    """What to do with each appointment of the day."""

    reason = forms.CharField(
        label=_("Cancellation reason"),
        required=False,
        max_length=MAX_TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text=_("For the appointments to cancel. The patients can read it."),
    )
    add_time_off = forms.BooleanField(
        label=_("Add time off for the rest of the day"),
        required=False,
        initial=True,
        help_text=_("So that nobody books the doctor on this day."),
    )

    def __init__(
        self,
        options: Sequence[DayOption],
        suggestion: str,
        data: Mapping[str, Any] | None,
        *,
        can_add_time_off: bool,
    ) -> None:
        super().__init__(data)
        if not can_add_time_off:
            del self.fields["add_time_off"]
        offered = {f"appointment_{option.appointment.pk}": option for option in options}
        for name, option in offered.items():
            self.fields[name] = ChoiceField(
                label=_label_of(option.appointment),
                required=False,
                choices=_choices_of(option),
                initial=_suggested(option, suggestion),
            )
        self.order_fields(list(offered))  # the others follow
        # Appointments that have left the day since the page was shown. The service names them.
        for name in data or ():
            if FIELD.fullmatch(name) and name not in offered:
                self.fields[name] = ChoiceField(required=False, widget=forms.HiddenInput)

    def changes(self) -> dict[int, DayChange]:
        """Return the changes to make, by the primary key of the appointment."""
        changes: dict[int, DayChange] = {}
        for name, value in self.cleaned_data.items():
            if (field := FIELD.fullmatch(name)) and (change := self._change_of(value)):
                changes[int(field[1])] = change
        return changes

    def _change_of(self, value: str) -> DayChange | None:
        choice = CHOICE.fullmatch(value)
        if value == CANCEL:
            return Cancel(self.cleaned_data["reason"])
        if choice and choice["doctor"]:
            return Reassign(int(choice["doctor"]))
        if choice and choice["start"]:
            start = dt.datetime.fromisoformat(choice["start"])
            return Reschedule(start.date(), start.time())
        return None


class DoctorsDayMixin(AuditedAdmin[Appointment]):
    """Adds the page to the admin of appointments."""

    @override
    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.day_view)
        return [path("day/", page, name="clinic_appointment_day"), *super().get_urls()]

    def day_view(self, request: HttpRequest) -> HttpResponse:
        """Show the open appointments of a doctor's day, and carry out what is chosen for them."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        is_chosen = {"doctor", "date"} <= request.GET.keys()
        initial = {"doctor": request.GET.get("doctor"), "date": clock.today()}
        form = DayForm(request.GET if is_chosen else None, initial=initial)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Move or call off a doctor's day"),
            "opts": self.opts,
            "media": self.media + form.media,
            "form": form,
        }
        if form.is_valid():
            doctor, date = form.cleaned_data["doctor"], form.cleaned_data["date"]
            appointments = doctors_day.open_appointments_of_day(doctor, date, clock.now())
            options = options_of_day(doctor, appointments, clock.now())
            choices = ChoicesForm(
                options,
                form.cleaned_data["suggestion"],
                request.POST if request.method == "POST" else None,
                can_add_time_off=request_user(request).has_perm("clinic.add_timeoff"),
            )
            if choices.is_valid():
                is_done = self._change_day(request, doctor, date, choices)
                return HttpResponseRedirect(_url_of(doctor, date, show_list=is_done))
            self._record_options(request, appointments)
            context |= {"choices": choices, "options": options}
        return TemplateResponse(request, TEMPLATE, context)

    def _record_options(self, request: HttpRequest, appointments: Sequence[Appointment]) -> None:
        self.record_shown(request, appointments, SHOWN_FIELDS)
        # The offered times show when the patient has other appointments.
        patients: Sequence[Patient] = [appointment.patient for appointment in appointments]
        self.record_shown(request, patients, ("free_times",))

    def _change_day(
        self, request: HttpRequest, doctor: Doctor, date: dt.date, form: ChoicesForm
    ) -> bool:
        """Carry out the choices; return whether none failed."""
        # First, so that nobody books the time that the changes make free.
        is_off = not form.cleaned_data.get("add_time_off") or self._take_off(request, doctor, date)
        results = doctors_day.change_day(
            actor=request_user(request),
            doctor=doctor,
            date=date,
            changes=form.changes(),
            now=clock.now(),
            errors=SERVICE_ERRORS,
        )
        self._report(request, results)
        return is_off and not any(result.error for result in results)

    def _take_off(self, request: HttpRequest, doctor: Doctor, date: dt.date) -> bool:
        try:
            time_off = doctors_day.take_day_off(doctor, date, clock.now())
        except ValidationError as error:
            text = gettext("No time off was added: {problem}")
            problem = " ".join(error.messages)
            self.message_user(request, text.format(problem=problem), messages.ERROR)
            return False
        if time_off is not None:
            text = gettext("Time off added: {time_off}.").format(time_off=time_off)
            self.message_user(request, text, messages.SUCCESS)
        return True

    def _report(self, request: HttpRequest, results: Sequence[DayResult]) -> None:
        failed = [(result.appointment, result.error) for result in results if result.error]
        changed = [result.appointment for result in results if not result.error]
        for appointment, error in failed:
            problem = " ".join(as_form_error(error).messages)
            self.message_user(request, f"{appointment}: {problem}", messages.ERROR)
        self.record_named(request, [appointment for appointment, _error in failed])
        for appointment in changed:
            fields = ["date", "time", "doctor", "status"]
            self.log_change(request, appointment, [{"changed": {"fields": fields}}])
        if changed:
            message = ngettext(
                "{count} appointment changed.", "{count} appointments changed.", len(changed)
            )
            self.message_user(request, message.format(count=len(changed)), messages.SUCCESS)


def _label_of(appointment: Appointment) -> str:
    parts = [
        gettext("{time}, {minutes} min").format(
            time=f"{appointment.time:%H:%M}", minutes=appointment.duration_minutes
        ),
        str(appointment.patient),
        str(appointment.appointment_type or ""),
    ]
    return ", ".join(filter(None, parts))


def _choices_of(option: DayOption) -> list[tuple[str, object]]:
    choices: list[tuple[str, object]] = [(KEEP, _("Leave as it is"))]
    for doctor in option.doctors:
        text = gettext("Same time with {doctor}").format(doctor=doctor.user)
        choices.append((f"{DOCTOR}:{doctor.pk}", text))
    if slot := option.next_slot:
        text = gettext("{start} with the same doctor").format(start=format_slot(slot))
        choices.append((f"{START}:{slot.start:%Y-%m-%dT%H:%M}", text))
    return [*choices, (CANCEL, _("Cancel"))]


def _suggested(option: DayOption, suggestion: str) -> str:
    """Return the value of the choice that the suggestion selects."""
    values = [value for value, _text in _choices_of(option)]
    wanted = [DOCTOR, START] if suggestion == DOCTOR else [suggestion]
    found = (value for kind in wanted for value in values if kind and value.startswith(kind))
    return next(found, KEEP)


def _url_of(doctor: Doctor, date: dt.date, *, show_list: bool) -> str:
    """Return the URL of the appointment list of the doctor's day, or of the page itself."""
    if show_list:
        url = reverse("admin:clinic_appointment_changelist")
        return f"{url}?doctor={doctor.pk}&date__gte={date}&date__lte={date}"
    return f"{reverse('admin:clinic_appointment_day')}?doctor={doctor.pk}&date={date}"
