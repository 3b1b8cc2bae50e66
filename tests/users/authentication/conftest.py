"""Fixtures of the token tests: an account and its session."""

import pytest

from tests.support.fixtures.people import PASSWORD
from users import accounts
from users.authentication import refresh_tokens
from users.models import Role, User


@pytest.fixture
def ann() -> User:
    """A patient, registered with ``PASSWORD``."""
    return accounts.register(
        email="ann@example.org",
        password=PASSWORD,
        first_name="Ann",
        last_name="Example",
        role=Role.PATIENT,
    )


@pytest.fixture
def session(ann: User) -> refresh_tokens.Session:
    """A session of Ann."""
    return accounts.sign_in(ann.email, PASSWORD)
