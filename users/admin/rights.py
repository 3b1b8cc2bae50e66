"""Which accounts a member of staff can change in the admin, and what they can grant.

Nobody can take over an account that has more rights than their own, or grant a right that they
do not have: otherwise staff who can change users could get every right.
"""

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from users.models import User

CHANGE_ROLES = "users.change_roles"
CHANGE_EMAIL = "users.change_email"
GRANT_PERMISSIONS = "users.grant_permissions"


def actor_of(request: HttpRequest) -> User | None:
    """Return the member of staff who sends the request."""
    return request.user if isinstance(request.user, User) else None


def is_superuser(request: HttpRequest) -> bool:
    """Return whether the member of staff has every right."""
    actor = actor_of(request)
    return actor is not None and actor.is_active and actor.is_superuser


def may(request: HttpRequest, permission: str) -> bool:
    """Return whether the member of staff has a permission such as ``users.change_roles``."""
    actor = actor_of(request)
    return actor is not None and actor.has_perm(permission)


def held_permissions(user: User) -> set[str]:
    """Return the permissions of an account and of its groups, also if it is disabled.

    ``user.get_all_permissions()`` is empty for a disabled account, which staff with fewer rights
    could then change, enable and take over.
    """
    granted = Permission.objects.filter(Q(user=user) | Q(group__user=user))
    names = granted.values_list("content_type__app_label", "codename")
    return {f"{app_label}.{codename}" for app_label, codename in names}


def can_manage(request: HttpRequest, user: User | None) -> bool:
    """Return whether the member of staff has every right that ``user`` has. True for None."""
    if user is None or is_superuser(request):
        return True
    actor = actor_of(request)
    if actor is None or user.is_superuser:
        return False
    return actor.get_all_permissions().issuperset(held_permissions(user))


def can_change_address(request: HttpRequest, user: User) -> bool:
    """Return whether the member of staff can change the email address of ``user``.

    Of a doctor only with the permission for roles, too: anyone who changes the address and then
    sends a link to it is that doctor.
    """
    return may(request, CHANGE_EMAIL) and (not user.is_doctor or may(request, CHANGE_ROLES))


def not_grantable(request: HttpRequest, permissions: QuerySet[Permission]) -> list[Permission]:
    """Return those of the permissions that the member of staff does not have."""
    actor = actor_of(request)
    if actor is None or is_superuser(request):
        return []
    return [
        permission
        for permission in permissions.select_related("content_type")
        if not actor.has_perm(f"{permission.content_type.app_label}.{permission.codename}")
    ]
