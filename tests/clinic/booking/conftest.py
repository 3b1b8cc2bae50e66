"""Fixtures of the tests of searching."""

import pytest
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.criteria import SlotCriteria, patient_window


@pytest.fixture
def anyone(clock: Traveller) -> SlotCriteria:
    """Criteria of a caller without appointments, at the time of the `clock` fixture."""
    return SlotCriteria(patient_window(clinic_clock.now()))
