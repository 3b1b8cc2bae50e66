"""Booking in the calendar: a known patient, or a caller who is registered in the same form."""

import datetime as dt
from typing import Any

from django import forms
from django.db import transaction

from clinic.admin.calendar.access import ADD_APPOINTMENT
from clinic.booking import services as booking
from clinic.booking.access import find_doctor
from clinic.booking.requests import BookingRequest
from clinic.models import Appointment
from clinic.models.appointment import MAX_TEXT_LENGTH
from clinic.people.registration import NewPatient, register_patient
from users.models import User


class TimeForm(forms.Form):
    """A doctor and a start, and whether the time counts although the doctor does not work then."""

    doctor = forms.IntegerField()
    date = forms.DateField()
    time = forms.TimeField()
    allow_outside = forms.BooleanField(required=False)


class BookingForm(TimeForm):
    """The appointment to book, for ``patient`` or for the person whose names are entered."""

    patient = forms.IntegerField(required=False)
    appointment_type = forms.IntegerField(required=False)
    reason_for_visit = forms.CharField(required=False, max_length=MAX_TEXT_LENGTH)
    first_name = forms.CharField(required=False, max_length=150)
    last_name = forms.CharField(required=False, max_length=150)
    date_of_birth = forms.DateField(required=False)
    phone_number = forms.CharField(required=False, max_length=128)
    email = forms.CharField(required=False, max_length=254)
    register_anyway = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("patient") is None:
            if not (data.get("first_name") or data.get("last_name")):
                self.add_error("patient", self._required())
            elif not data.get("date_of_birth") and "date_of_birth" not in self.errors:
                self.add_error("date_of_birth", self._required())
        return data

    def _required(self) -> forms.ValidationError:
        field = self.fields["doctor"]
        return forms.ValidationError(field.error_messages["required"], code="required")


@transaction.atomic
def book(actor: User, data: dict[str, Any], now: dt.datetime) -> tuple[Appointment, bool]:
    """Book the appointment and return it, and whether its patient was registered for it.

    In one transaction: nobody is registered if the booking fails. Raises the errors of
    ``register_patient`` and ``booking.book``.
    """
    as_staff = actor.has_perm(ADD_APPOINTMENT)
    patient_id, is_new = data["patient"], data["patient"] is None
    if is_new:
        patient_id = _register(actor, data, now, as_staff=as_staff)
    request = BookingRequest(
        date=data["date"],
        time=data["time"],
        doctor_id=data["doctor"],
        patient_id=patient_id,
        appointment_type_id=data["appointment_type"],
        reason_for_visit=data["reason_for_visit"],
    )
    appointment = booking.book(
        actor=actor,
        request=request,
        now=now,
        as_staff=as_staff,
        allow_outside=data["allow_outside"],
    )
    return appointment, is_new


def _register(actor: User, data: dict[str, Any], now: dt.datetime, *, as_staff: bool) -> int:
    person = NewPatient(
        first_name=data["first_name"],
        last_name=data["last_name"],
        date_of_birth=data["date_of_birth"],
        phone_number=data["phone_number"],
        email=data["email"] or None,
    )
    # Doctors and assistants register for the doctor, and are not asked whom the clinic knows.
    doctor = None if as_staff else find_doctor(actor, data["doctor"])
    return register_patient(
        actor=actor,
        person=person,
        now=now,
        as_staff=as_staff,
        doctor=doctor,
        register_anyway=data["register_anyway"],
    ).pk
