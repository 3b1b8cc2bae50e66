"""Whether a user can act as staff, and whether others can give rights to a user."""

from typing import Protocol

from django.contrib.auth.backends import ModelBackend

from users.models import User


class HasPermissions(Protocol):
    """A user, or what stands for one in a prepared query."""

    is_staff: bool

    def has_perm(self, permission: str, /) -> bool: ...


def can_act_as_staff(user: HasPermissions, permission: str) -> bool:
    """Return whether ``user`` is staff with a Django permission, such as ``clinic.add_closure``."""
    return user.is_staff and user.has_perm(permission)


def staff_ids(permission: str) -> frozenset[int]:
    """Return the primary keys of all active users who can act as staff with the permission."""
    staff = ModelBackend().with_perm(permission).filter(is_staff=True)
    return frozenset(staff.values_list("pk", flat=True))


def can_be_named(user: User) -> bool:
    """Return whether others can give rights to the account: as an assistant or a guardian.

    Anybody can register an address that is not theirs: only a verified one says whose account it
    is.
    """
    return user.can_sign_in and user.owns_email
