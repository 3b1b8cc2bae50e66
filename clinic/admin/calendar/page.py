"""What the page of the calendar knows before it loads the first feed: no data of patients."""

from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from clinic import clock
from clinic.admin.calendar.access import (
    CHANGE_APPOINTMENT,
    can_book,
    can_change,
    can_register,
    doctors_of_calendar,
)
from clinic.models import AppointmentType, Doctor, OfferedType
from clinic.rules import Status
from users.models import User

# The sign of each status, besides its colour. "arrived" is a confirmed appointment.
SIGNS: dict[str, str] = {
    Status.PENDING.value: "?",
    Status.CONFIRMED.value: "✓",
    "arrived": "➜",
    Status.COMPLETED.value: "■",
    Status.NO_SHOW.value: "✕",
    Status.CANCELLED.value: "⊘",
}


def legend() -> list[tuple[str, str, str]]:
    """Return status, sign and label of what the calendar shows."""
    labels: dict[str, str] = {status.value: str(status.label) for status in Status}
    labels["arrived"] = gettext("Arrived")
    return [(status, sign, labels[status]) for status, sign in SIGNS.items()]


def page_data(user: User) -> dict[str, Any]:
    """Return the doctors, the appointment types, the rights, the URLs and the texts."""
    now = clock.now()
    doctors = list(doctors_of_calendar(user, now.date()))
    return {
        "today": f"{now.date()}",
        "now": int(now.timestamp() * 1000),  # milliseconds
        "zone": str(clock.zone()),
        "language": translation.get_language() or "en",
        "doctors": [_describe(doctor) for doctor in doctors],
        "types": _types(),
        "offered": _offered(doctors),
        "can": {
            "change": can_change(user),
            "book": can_book(user),
            "register": can_register(user),
            "reassign": user.has_perm(CHANGE_APPOINTMENT),
        },
        "urls": {
            name: reverse(f"admin:clinic_calendar_{name}")
            for name in ("feed", "month", "changes", "patients", "book")
        }
        | {"appointment": reverse("admin:clinic_calendar"), "login": reverse("admin:login")},
        "statuses": {status: {"sign": sign, "label": label} for status, sign, label in legend()},
        "texts": _texts(),
    }


def _describe(doctor: Doctor) -> dict[str, Any]:
    return {
        "id": doctor.pk,
        "name": str(doctor.user),
        "specialty": doctor.specialty,
        "minutes": doctor.slot_minutes,
    }


def _types() -> list[dict[str, Any]]:
    types = AppointmentType.objects.filter(active=True)
    return [{"id": row.pk, "name": row.name, "minutes": row.duration_minutes} for row in types]


def _offered(doctors: list[Doctor]) -> dict[int, list[int]]:
    """Return the types that each doctor offers, in the doctor's order. One query."""
    offered: dict[int, list[int]] = {doctor.pk: [] for doctor in doctors}
    rows = OfferedType.objects.filter(doctor__in=doctors).order_by("doctor", "position")
    for doctor, type_ in rows.values_list("doctor", "appointment_type"):
        offered[doctor].append(type_)
    return offered


def _texts() -> dict[str, str]:
    return {
        "lost": gettext("Connection lost. What you see may be out of date. Trying again …"),
        "signedOut": gettext("You are signed out. Sign in again to go on."),
        "failed": gettext("That did not work. Reload the page and try again."),
        "minutes": gettext("{minutes} min"),
        "free": gettext("free"),
        "closure": gettext("Closed: {name}"),
        "time_off": gettext("Time off"),
        "hours": gettext("Outside hours"),
        "buffer": gettext("Buffer"),
        "appointments": gettext("Appointments: {count}"),
        "pending": gettext("Pending: {count}"),
        "move": gettext("Move {patient} from {from} to {to}?"),
        "noPatients": gettext("Nobody found."),
        "born": gettext("born {date}"),
        "doctorsDefault": gettext("Default type"),
        "noDoctors": gettext("No doctor works on this day. Choose doctors, or another day."),
        "updated": gettext("Updated"),
    }
