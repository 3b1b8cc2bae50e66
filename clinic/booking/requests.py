"""What a caller asks to book, and how a retry of it is told from another request."""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum


class ActingRole(StrEnum):
    """In which capacity somebody acts on a visit."""

    PATIENT = "patient"
    DOCTOR = "doctor"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequest:
    """A wished visit. A patient names the doctor, a doctor the patient, staff both.

    ``date`` and ``time`` are on the clinic's wall clock; without
    ``duration_minutes`` the visit is as long as the doctor's slots. A request sent
    again with the same ``idempotency_key`` answers the first booking; a blank key is
    none.
    """

    date: dt.date
    time: dt.time
    doctor_id: int | None = None
    patient_id: int | None = None
    duration_minutes: int | None = None
    reason_for_visit: str = ""
    idempotency_key: str | None = None

    @property
    def stored_key(self) -> str | None:
        """SHA-256 of the key, under which the booking is found again; None without a key.

        Hashed, so that every database tells keys apart to the letter, whatever its
        collation, its greatest length and the characters it cannot store.
        """
        return _sha256(self.idempotency_key) if self.idempotency_key else None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all but the key: the same for the same request, however spelled."""
        wish = asdict(self)
        del wish["idempotency_key"]
        return _sha256(wish)


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, default=str, sort_keys=True).encode()).hexdigest()
