"""Permission checks: who the caller is, and which roles and profiles they have.

Mutations and queries use the same checks. ``RoleRequired`` is a ``PermissionDenied``: in a
field declared with ``core.mutations.mutation`` it becomes an ``OperationInfo``, in other
fields a GraphQL error with the code FORBIDDEN.
"""

from typing import NamedTuple

from strawberry import relay

from clinic.booking.access import find_doctor
from clinic.booking.requests import BookingRequest
from clinic.errors import BookingErrorCode, RoleRequired, booking_error
from clinic.models import Doctor, Patient
from schema.core.context import Info
from schema.core.global_ids import optional_pk
from users.models import Role, User
from users.staff import can_act_as_staff

ADD_APPOINTMENT = "clinic.add_appointment"
CHANGE_APPOINTMENT = "clinic.change_appointment"
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


class Capacity(NamedTuple):
    """Who changes an appointment, and whether as staff, who can change any of them."""

    actor: User
    as_staff: bool


def require_staff(info: Info, permission: str) -> User:
    """Return the caller, who must be staff with a Django permission. Raises ``RoleRequired``."""
    user = require_user(info)
    if not can_act_as_staff(user, permission):
        raise RoleRequired
    return user


def require_capacity(info: Info, *roles: Role) -> Capacity:
    """Return in which capacity the caller changes an appointment.

    Staff who can change appointments, or a user with the profile of one of the roles, or who acts
    for somebody with it: an assistant for a doctor, a guardian for a patient. Raises
    ``RoleRequired``, or ValidationError with the code ``profile_required``.
    """
    user = require_user(info)
    if can_act_as_staff(user, CHANGE_APPOINTMENT):
        return Capacity(user, as_staff=True)
    if not any(_acts_for_others(user, role) for role in roles):
        require_profile(info, *roles)
    return Capacity(user, as_staff=False)


def require_profile(info: Info, *roles: Role) -> User:
    """Return the caller, who must have one of the roles and its profile.

    Raises ``RoleRequired``, or ValidationError with the code ``profile_required``.
    """
    user = require_role(info, *roles)
    own = [PROFILES[role].objects.filter(user=user) for role in roles if user.has_role(role)]
    if not any(profile.exists() for profile in own):
        raise booking_error(BookingErrorCode.PROFILE_REQUIRED)
    return user


def _acts_for_others(user: User, role: Role) -> bool:
    return user.acts_for_doctors if role is Role.DOCTOR else user.acts_for_patients


def books_as_staff(user: User, request: BookingRequest) -> bool:
    """Return whether ``user`` books as staff, and not for themselves or in another role.

    Staff name both people. With one id, users who are staff book in the role that names only this
    one, if they have it; if not, the other id is ``required``, as it is of staff.
    """
    ids = {Role.PATIENT: request.patient_id, Role.DOCTOR: request.doctor_id}
    has_role = any(pk is None and user.acts_as(role) for role, pk in ids.items())
    return not has_role and can_act_as_staff(user, ADD_APPOINTMENT)


def require_doctor_to_manage(info: Info, doctor_id: relay.GlobalID | None) -> Doctor:
    """Return the doctor whose schedule the caller changes: the one with ``doctor_id``.

    Without an id that is the caller, or the only doctor whom the caller assists. Staff with the
    permission ``clinic.change_doctor`` can change every doctor's. Raises ``RoleRequired``,
    ``profile_required``, or ``required`` or ``not_found`` on ``doctor_id``.
    """
    user = require_user(info)
    as_staff = can_act_as_staff(user, "clinic.change_doctor")
    return find_doctor(user, optional_pk(doctor_id, of=Doctor), as_staff=as_staff)
