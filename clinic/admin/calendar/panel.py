"""The panel of one appointment: contact data, what can be done, the history."""

import datetime as dt
from dataclasses import dataclass

from clinic import clock
from clinic.admin.base.formats import format_datetime, format_slot
from clinic.admin.calendar.access import CHANGE_APPOINTMENT
from clinic.admin.calendar.actions import LABELS, seen_state
from clinic.booking.access import role_on
from clinic.models import Appointment, AppointmentChange, Patient
from clinic.privacy.visibility import readable_patients
from clinic.rules import ActingRole, Action, Transition
from users.models import User

MAX_OTHERS = 10
# What the panel discloses of the patient, for the audit log.
CONTACT_FIELDS = (
    *("address", "date_of_birth", "email", "emergency_contact_name"),
    *("emergency_contact_phone", "name", "phone_number"),
)
APPOINTMENT_FIELDS = (
    *("appointment_type", "arrived_at", "cancellation_reason", "date", "doctor"),
    *("duration_minutes", "history", "patient", "reason_for_visit", "status", "time"),
)


@dataclass(frozen=True)
class Panel:
    """What the panel shows. ``patient`` is None if its reader cannot read the record."""

    appointment: Appointment
    patient: Patient | None
    actions: list[tuple[str, object]]
    can_cancel: bool
    can_move: bool
    can_reassign: bool
    history: list[AppointmentChange]
    others: list[Appointment]

    @property
    def start(self) -> str:
        """The start in words."""
        return format_slot(self.appointment.slot)

    @property
    def seen(self) -> str:
        """What a move compares."""
        return seen_state(self.appointment)

    @property
    def arrived(self) -> str:
        """When the patient arrived, or an empty text."""
        at = self.appointment.arrived_at
        return format_datetime(at.astimezone(clock.zone())) if at else ""


def load_panel(user: User, appointment_id: int, now: dt.datetime) -> Panel | None:
    """Return the panel; None if the user does not see the appointment."""
    visible = Appointment.objects.visible_to(user).filter(pk=appointment_id)
    people = visible.select_related("doctor__user", "patient__user", "appointment_type")
    appointment = people.get_or_none()
    if appointment is None:
        return None
    patient = appointment.patient
    is_readable = bool(readable_patients(user, [patient.pk]))
    role = _role(user, appointment)
    possible = {action for action in Action if _is_possible(appointment, action, role, now)}
    return Panel(
        appointment=appointment,
        patient=patient if is_readable else None,
        actions=[(action.value, label) for action, label in LABELS.items() if action in possible],
        can_cancel=Action.CANCEL in possible,
        can_move=Action.RESCHEDULE in possible,
        can_reassign=Action.REASSIGN in possible,
        history=_history(appointment) if is_readable else [],
        others=_others(user, appointment) if is_readable else [],
    )


def _role(user: User, appointment: Appointment) -> ActingRole | None:
    """Return the role in which the user changes the appointment; None if they cannot."""
    if user.has_perm(CHANGE_APPOINTMENT):
        return ActingRole.STAFF
    if Appointment.objects.changeable_by(user).filter(pk=appointment.pk).exists():
        return role_on(appointment, user)
    return None


def _is_possible(
    appointment: Appointment, action: Action, role: ActingRole | None, now: dt.datetime
) -> bool:
    if role is None or (action is Action.RECORD_ARRIVAL and appointment.arrived_at is not None):
        return False
    return isinstance(appointment.transition(action, role, now), Transition)


def _history(appointment: Appointment) -> list[AppointmentChange]:
    changes = appointment.history.select_related("changed_by", "on_behalf_of", "doctor__user")
    history = list(changes.order_by("-changed_at", "-pk"))
    for change in history:
        change.changed_at = change.changed_at.astimezone(clock.zone())
    return history


def _others(user: User, appointment: Appointment) -> list[Appointment]:
    """Return the patient's latest other appointments that the user sees."""
    others = Appointment.objects.visible_to(user).filter(patient=appointment.patient_id)
    others = others.exclude(pk=appointment.pk).select_related("doctor__user", "appointment_type")
    return list(others.order_by("-date", "-time", "-pk")[:MAX_OTHERS])
