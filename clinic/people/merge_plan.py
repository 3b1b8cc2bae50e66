"""What merging two patients moves, and why it may be impossible."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from clinic.models import (
    OPEN_STATUSES,
    AccessRecord,
    Appointment,
    Assistant,
    Doctor,
    Guardian,
    Notification,
    Patient,
)
from users.models import User

# Empty fields of the kept profile take the values of the merged one.
FILLED_FIELDS = (*("phone_number", "address", "emergency_contact_name", "emergency_contact_phone"),)
MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What merging ``merged`` into ``kept`` moves. Impossible if there are ``problems``."""

    kept: Patient
    merged: Patient
    appointments: list[Appointment]
    guardians: int
    dependants: int
    notifications: int
    access_records: int
    filled_fields: list[str]
    problems: list[str]

    def require_possible(self) -> None:
        """Raise ValidationError with the problems, if there are any."""
        if self.problems:
            raise ValidationError(self.problems)


def has_credentials(user: User) -> bool:
    """Return whether the account has what is needed to sign in, also if it is disabled."""
    return bool(user.email) and user.has_usable_password()


def plan_merge(kept: Patient, merged: Patient) -> MergePlan:
    """Return what would be moved now. Both patients are loaded with their accounts."""
    appointments = list(
        Appointment.objects.filter(patient=merged).with_people().order_by("date", "time", "pk")
    )
    return MergePlan(
        kept=kept,
        merged=merged,
        appointments=appointments,
        guardians=Guardian.objects.filter(patient=merged).count(),
        dependants=Guardian.objects.filter(user=merged.user).count(),
        notifications=Notification.objects.filter(recipient=merged.user).count(),
        access_records=AccessRecord.objects.about([merged.pk]).count(),
        filled_fields=[
            name for name in FILLED_FIELDS if not getattr(kept, name) and getattr(merged, name)
        ],
        problems=[
            *_account_problems(kept, merged),
            *_address_problems(kept, merged),
            *_appointment_problems(kept, appointments),
        ],
    )


def _account_problems(kept: Patient, merged: Patient) -> Iterator[str]:
    if kept.pk == merged.pk:
        yield _("This is the same record. Choose another patient.")
        return
    for user in (kept.user, merged.user):
        if not user.is_active:
            text = _("The account of {name} is disabled. Enable it first, or leave it as it is.")
            yield text.format(name=user)
    if has_credentials(merged.user) and has_credentials(kept.user):
        yield _("Both people can sign in. Records of two accounts cannot be merged.")
    elif has_credentials(merged.user):
        yield _("{name} can sign in. Keep that record, and merge the other one into it.").format(
            name=merged.user
        )
    user = merged.user
    is_colleague = user.is_doctor or user.is_staff or user.is_superuser
    if is_colleague or Doctor.objects.filter(user=user).exists():
        text = _("{name} is a doctor or a member of staff. Keep that record.")
        yield text.format(name=user)


def _address_problems(kept: Patient, merged: Patient) -> Iterator[str]:
    """Name the accounts that would read others' records without having proved their address.

    Anybody can register an address and add a dependant with the name of a patient: merging the two
    records would show the patient's record. ``add_guardian()`` has the same rule.
    """
    people = {kept.user_id, merged.user_id}
    for patient in (kept, merged):
        guardians = patient.guardians.exclude(user__in=people).select_related("user")
        if any(_has_unproved_address(guardian.user) for guardian in guardians):
            text = _(
                "A guardian of {name} has an email address that is not verified, and would read "
                "the merged record. End the right, or merge once the address is verified."
            )
            yield text.format(name=patient)
    acts = Guardian.objects.filter(user=merged.user).exclude(patient=kept).exists()
    assists = Assistant.objects.filter(user=merged.user).exists()
    if (acts or assists) and _has_unproved_address(kept.user):
        text = _(
            "The email address of {name} is not verified, and the other record has rights to act "
            "for patients or doctors. End these, or merge once the address is verified."
        )
        yield text.format(name=kept)


def _has_unproved_address(user: User) -> bool:
    """Return whether somebody can sign in with an address that may be a stranger's."""
    return has_credentials(user) and not user.owns_email


def _appointment_problems(kept: Patient, moved: list[Appointment]) -> Iterator[str]:
    with_self = [row for row in moved if row.doctor.user_id == kept.user_id]
    if with_self:
        text = _("Doctors cannot be their own patients: {appointments}.")
        yield text.format(appointments=_named(with_self))
    # Buffers reach into the neighbouring days.
    days = {row.date + dt.timedelta(days=step) for row in moved for step in (-1, 0, 1)}
    own = Appointment.objects.of(kept.user).live().filter(date__in=days)
    own = own.with_people().order_by("date", "time")
    clashes = [
        (one, other)
        for one in moved
        for other in own
        if one.is_live and one.pk != other.pk and _overlap(one, other, kept.user_id)
    ]
    # Only an open appointment can be cancelled or rescheduled.
    closed = [pair for pair in clashes if not any(row.status in OPEN_STATUSES for row in pair)]
    if to_solve := [pair for pair in clashes if pair not in closed]:
        text = _(
            "Both have appointments at the same time: {appointments}. Cancel or reschedule one of "
            "them first."
        )
        yield text.format(appointments=_named(chain(*to_solve)))
    if closed:
        text = _(
            "Both have completed or missed appointments at the same time: {appointments}. Find out "
            "which of them did not take place, reopen it with the reason, and cancel it."
        )
        yield text.format(appointments=_named(chain(*closed)))


def _overlap(moved: Appointment, own: Appointment, person: int) -> bool:
    """Return whether ``person`` cannot have both; buffers occupy a doctor as well."""
    ticks, busy = moved.slot.ticks, own.busy_spans()[person]
    return ticks.start < busy.stop and busy.start < ticks.stop


def _named(appointments: Iterable[Appointment]) -> str:
    names = [str(appointment) for appointment in dict.fromkeys(appointments)]
    more = [_("and more")] if len(names) > 2 * MAX_NAMED else []
    return "; ".join(names[: 2 * MAX_NAMED] + more)
