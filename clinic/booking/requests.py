"""The request to book an appointment, and how a retry of it is recognised."""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass

# An id that the caller sent and that is not the id of any row, unlike None: no id was sent.
UNKNOWN_ID = 0
# Fields of BookingRequest that did not exist in the first release.
LATER_FIELDS = ("appointment_type_id",)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequest:
    """The appointment to book. Patients set the doctor, doctors the patient, staff both.

    ``date`` and ``time`` are on the clinic's wall clock. Ids are primary keys, or
    ``UNKNOWN_ID``. Without ``appointment_type_id`` the doctor's default type is booked, and
    without ``duration_minutes`` the appointment is as long as its type, or as the slots of a
    doctor without types. A request that is sent again with the same ``idempotency_key`` returns
    the first booking; an empty key counts as none.
    """

    date: dt.date
    time: dt.time
    doctor_id: int | None = None
    patient_id: int | None = None
    appointment_type_id: int | None = None
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
        """SHA-256 in hex of all fields but the key. Equal for a retry of the same request.

        A field that a later release added is left out while it is None, so that a request matches
        a retry of it that is sent after the upgrade.
        """
        fields = asdict(self)
        del fields["idempotency_key"]
        for name in LATER_FIELDS:
            if fields[name] is None:
                del fields[name]
        return _sha256(fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What to change of an appointment; None keeps the value.

    ``appointment_type_id`` is a primary key, or ``UNKNOWN_ID``.
    """

    duration_minutes: int | None = None
    appointment_type_id: int | None = None
    reason_for_visit: str | None = None


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, default=str, sort_keys=True).encode()).hexdigest()
