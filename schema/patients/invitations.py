"""Mutation that invites a patient to choose a password."""

import strawberry
from django.utils.translation import gettext as _
from strawberry import relay

from clinic import models
from clinic.errors import BookingErrorCode, RoleRequired, booking_error
from clinic.people.invitations import is_registered_only
from schema.core.context import Info
from schema.core.global_ids import get_by_global_id
from schema.core.mutations import map_error_fields, mutation
from schema.core.permissions import require_user
from schema.patients.inputs import InvitePatientInput
from schema.patients.types import Patient
from users import invitations
from users.models import Role, User
from users.staff import can_act_as_staff

CHANGE_PATIENT = "clinic.change_patient"


@strawberry.type
class InvitationMutation:
    @mutation(
        result=Patient,
        description="Send an email with a link by which a patient without a sign-in chooses a "
        "password. The address becomes theirs when they use it. Another invitation replaces it. "
        "If another account has the address, the answer is the same, and staff are notified. "
        "For staff with the permission to change patients; doctors and assistants invite patients "
        "whom they registered, who have no guardian and no appointment with another doctor.",
    )
    def invite_patient(self, info: Info, input: InvitePatientInput) -> models.Patient:
        user = require_user(info)
        patient = _find_invitable(user, input.patient_id)
        with map_error_fields(renamed={"user": "patient_id"}):
            invitations.invite(patient.user, input.email, invited_by=user)
        return patient


def _find_invitable(user: User, patient_id: relay.GlobalID) -> models.Patient:
    """Return the patient whom ``user`` can invite.

    Staff can invite everybody. Others only patients whom they registered, who have no guardian and
    no appointment with another doctor: the invited account reads all appointments, and could be the
    inviter's own. Raises RoleRequired, or ``not_found`` or ``invalid`` on ``patient_id``.
    """
    patients = models.Patient.objects.select_related("user")
    is_staff = can_act_as_staff(user, CHANGE_PATIENT)
    if not (is_staff or user.acts_as(Role.DOCTOR)):
        raise RoleRequired
    readable = patients if is_staff else patients.of_doctor(user)
    patient = get_by_global_id(readable, patient_id)
    if patient is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "patient_id")
    if not (is_staff or is_registered_only(patient, user)):
        message = _("Only the clinic can invite this patient. Ask reception.")
        raise booking_error(BookingErrorCode.INVALID, "patient_id", message)
    return patient
