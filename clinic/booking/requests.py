"""The request to book an appointment, and how a retry of it is recognised."""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass

# An id that the caller sent and that is not the id of any row, unlike None: no id was sent.
UNKNOWN_ID = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequest:
    """The appointment to book. Patients set the doctor, doctors the patient, staff both.

    ``date`` and ``time`` are on the clinic's wall clock. Ids are primary keys, or
    ``UNKNOWN_ID``. Without ``duration_minutes`` the appointment is as long as the
    doctor's slots. A request that is sent again with the same ``idempotency_key``
    returns the first booking; an empty key counts as none.
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
        """SHA-256 of the idempotency key in hex, as stored; None without a key.

        Hashed, because databases differ in collation, maximum length and storable
        characters: two different keys must never compare as equal.
        """
        return _sha256(self.idempotency_key) if self.idempotency_key else None

    @property
    def fingerprint(self) -> str:
        """SHA-256 in hex of all fields but the key. Equal for a retry of the same request."""
        fields = asdict(self)
        del fields["idempotency_key"]
        return _sha256(fields)


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, default=str, sort_keys=True).encode()).hexdigest()
