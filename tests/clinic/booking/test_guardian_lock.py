"""A guardian whose right ends while a booking waits for the locks books nothing."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from clinic import clock as clinic_clock
from clinic.booking.access import find_parties, lock_parties
from clinic.booking.requests import BookingRequest
from clinic.guardians import remove_dependant
from clinic.models import Doctor, Patient
from tests.support.acting_people import make_dependant
from tests.support.booking import NINE, TUESDAY

pytestmark = pytest.mark.django_db


def test_lock_parties_rejects_guardian_removed_since_the_lookup(ann: Patient, dora: Doctor) -> None:
    kim = make_dependant(ann.user)
    request = BookingRequest(date=TUESDAY, time=NINE, doctor_id=dora.pk, patient_id=kim.pk)
    parties = find_parties(ann.user, request, as_staff=False)
    remove_dependant(ann.user, kim.pk, None, clinic_clock.now())
    with pytest.raises(ValidationError) as raised, transaction.atomic():
        lock_parties(ann.user, parties)
    [(field, [error])] = raised.value.error_dict.items()
    assert (field, error.code) == ("patient_id", "not_found")


def test_lock_parties_accepts_guardian(ann: Patient, dora: Doctor) -> None:
    """Negative control."""
    kim = make_dependant(ann.user, born=dt.date(2018, 6, 1))
    request = BookingRequest(date=TUESDAY, time=NINE, doctor_id=dora.pk, patient_id=kim.pk)
    lock_parties(ann.user, find_parties(ann.user, request, as_staff=False))
