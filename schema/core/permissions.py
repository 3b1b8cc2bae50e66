"""Permission checks: who the caller is, and which roles and profiles they have.

Mutations and queries use the same checks. ``RoleRequired`` is a ``PermissionDenied``: in a
field declared with ``core.mutations.mutation`` it becomes an ``OperationInfo``, in other
fields a GraphQL error with the code FORBIDDEN.
"""

from clinic.errors import BookingErrorCode, RoleRequired, booking_error
from clinic.models import Doctor, Patient
from schema.core.context import Info
from users.models import Role, User

PROFILES: dict[Role, type[Doctor | Patient]] = {Role.DOCTOR: Doctor, Role.PATIENT: Patient}


def require_user(info: Info) -> User:
    """Return the caller. Raises CodedError (UNAUTHENTICATED) or TokenError."""
    return info.context.user


def require_role(info: Info, *roles: Role) -> User:
    """Return the caller, who must have one of the roles. Raises ``RoleRequired``."""
    user = require_user(info)
    if not any(user.has_role(role) for role in roles):
        raise RoleRequired
    return user


def require_profile(info: Info, *roles: Role) -> User:
    """Return the caller, who must have one of the roles and its profile.

    Raises ``RoleRequired``, or ValidationError with the code ``profile_required``.
    """
    user = require_role(info, *roles)
    own = [PROFILES[role].objects.filter(user=user) for role in roles if user.has_role(role)]
    if not any(profile.exists() for profile in own):
        raise booking_error(BookingErrorCode.PROFILE_REQUIRED)
    return user


def require_doctor(info: Info) -> Doctor:
    """Return the caller's doctor profile.

    Raises ``RoleRequired``, or ValidationError with the code ``profile_required``.
    """
    doctor = Doctor.objects.for_user(require_role(info, Role.DOCTOR))
    if doctor is None:
        raise booking_error(BookingErrorCode.PROFILE_REQUIRED)
    return doctor
