"""Who is asking, and whether they may.

Queries refuse by a GraphQL error, mutations by data, and both by the same call:
``RoleRequired`` is a ``PermissionDenied``, which ``mutation`` turns into an
``OperationInfo`` and which elsewhere becomes ``FORBIDDEN``.
"""

from clinic.errors import BookingErrorCode, RoleRequired, booking_error
from clinic.models import Doctor, Patient
from schema.core.context import Info
from users.models import Role, User

PROFILES: dict[Role, type[Doctor | Patient]] = {Role.DOCTOR: Doctor, Role.PATIENT: Patient}


def require_user(info: Info) -> User:
    """Who sent the request. Raises what codes as UNAUTHENTICATED or as a bad token."""
    return info.context.user


def require_role(info: Info, *roles: Role) -> User:
    """Who sent the request, if they have one of the roles; else raises ``RoleRequired``."""
    user = require_user(info)
    if not any(user.has_role(role) for role in roles):
        raise RoleRequired
    return user


def require_profile(info: Info, *roles: Role) -> User:
    """Who sent the request, if they have one of the roles and filled in its profile.

    Raises ``RoleRequired``, or ``profile_required``.
    """
    user = require_role(info, *roles)
    own = [PROFILES[role].objects.filter(user=user) for role in roles if user.has_role(role)]
    if not any(profile.exists() for profile in own):
        raise booking_error(BookingErrorCode.PROFILE_REQUIRED)
    return user


def require_doctor(info: Info) -> Doctor:
    """The caller's profile as a doctor. Raises ``RoleRequired``, or ``profile_required``."""
    doctor = Doctor.objects.for_user(require_role(info, Role.DOCTOR))
    if doctor is None:
        raise booking_error(BookingErrorCode.PROFILE_REQUIRED)
    return doctor
