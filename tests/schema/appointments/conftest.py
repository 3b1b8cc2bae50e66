import pytest

from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import book_as_patient, confirm


@pytest.fixture
def confirmed(ann: Patient, dora: Doctor) -> Appointment:
    """Ann's confirmed appointment with Dora, on Tuesday at 09:00."""
    return confirm(dora.user, book_as_patient(ann, dora))
