"""Members of staff with the permissions of a group."""

from django.contrib.auth.models import Group

from tests.support.fixtures.people import make_user
from users.models import User


def make_staff(name: str, group: str = "") -> User:
    """Create a member of staff in the group Reception or Manager; without a group none."""
    user = make_user(name, is_staff=True)
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user
