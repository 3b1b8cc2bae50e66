"""Who has the right to invite a person, when the invitation is sent and when it is accepted."""

from clinic.models import Patient
from clinic.models.doctor import acts_for_doctor
from users.models import User
from users.staff import can_act_as_staff

# Registering a patient, ``invitePatient`` and the admin's actions send invitations.
STAFF_PERMISSIONS = ("clinic.add_patient", "clinic.change_patient", "users.change_user")


def can_still_invite(inviter: User, invited: User) -> bool:
    """Return whether ``inviter`` has a right to invite the person now.

    Otherwise a doctor could register somebody, invite an address of the doctor's own, and accept
    once the patient has a guardian and appointments with others, which the account shows.
    """
    if any(can_act_as_staff(inviter, permission) for permission in STAFF_PERMISSIONS):
        return True
    patient = Patient.objects.filter(user=invited).get_or_none()
    return patient is not None and is_registered_only(patient, inviter)


def is_registered_only(patient: Patient, user: User) -> bool:
    """Return whether the patient is one of nobody but the doctors for whom ``user`` acts.

    The patient was registered for one of them, and has no guardian and no appointment with others.
    """
    registered = Patient.objects.registered_for(user).filter(pk=patient.pk, guardians=None)
    with_others = patient.appointments.exclude(acts_for_doctor(user))
    return registered.exists() and not with_others.exists()
