import pytest

from tests.support.admin_client import AdminClient
from users.models import User


@pytest.fixture
def admin(sam: User) -> AdminClient:
    """An admin client signed in as Sam, a superuser."""
    return AdminClient(sam)
