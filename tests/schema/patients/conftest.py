import pytest

from clinic.models import Patient
from tests.support.acting_people import make_dependant


@pytest.fixture
def kim(ann: Patient) -> Patient:
    """Ann's child, who has no account."""
    return make_dependant(ann.user)
