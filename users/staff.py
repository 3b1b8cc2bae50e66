"""Whether a user can act as staff, and whether others can give rights to a user."""

from typing import Protocol

from users.models import User


class HasPermissions(Protocol):
    """A user, or what stands for one in a prepared query."""

    is_staff: bool

    def has_perm(self, permission: str, /) -> bool: ...


def can_act_as_staff(user: HasPermissions, permission: str) -> bool:
    """Return whether ``user`` is staff with a Django permission, such as ``clinic.add_closure``."""
    return user.is_staff and user.has_perm(permission)


def can_be_named(user: User) -> bool:
    """Return whether others can give rights to the account: as an assistant or a guardian.

    Anybody can register an address that is not theirs: only a verified one says whose account it
    is.
    """
    return user.can_sign_in and user.owns_email
