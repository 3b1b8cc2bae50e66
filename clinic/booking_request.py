"""What a caller asks to book, and how a retry of it is told from another request."""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum


class Side(StrEnum):
    """In which capacity somebody acts on a visit."""

    PATIENT = "patient"
    DOCTOR = "doctor"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequest:
    """A wished visit. A patient names the doctor, a doctor the patient, staff both.

    ``date`` and ``time`` are on the clinic's wall clock; without
    ``duration_minutes`` the visit is as long as the doctor's slots. A request sent
    again with the same ``idempotency_key`` answers the first booking.
    """

    date: dt.date
    time: dt.time
    doctor_id: int | None = None
    patient_id: int | None = None
    duration_minutes: int | None = None
    reason_for_visit: str = ""
    idempotency_key: str | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all but the key: the same for the same request, however spelled."""
        wish = asdict(self)
        del wish["idempotency_key"]
        return hashlib.sha256(json.dumps(wish, default=str, sort_keys=True).encode()).hexdigest()
