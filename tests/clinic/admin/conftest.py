import pytest

from tests.support.admin_client import Desk
from users.models import User


@pytest.fixture
def desk(sam: User) -> Desk:
    """Sam's, who may do everything."""
    return Desk(sam)
