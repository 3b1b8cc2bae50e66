import pytest

from clinic.models import Patient
from tests.clinic.people.merging import registered
from users.models import User


@pytest.fixture
def anna(sam: User) -> Patient:
    """A second record of Ann, whom reception registered without an account."""
    return registered(sam, "Anna")
