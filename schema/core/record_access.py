"""Whether the caller can read the record that an object of a response belongs to.

A doctor without access to a patient's record, for example after the patient has cancelled,
still sees the appointment and the patient's name. The fields in ``RECORD_FIELDS`` are empty for
that doctor: ``record_field()`` declares them. Whether the caller has access is determined for a
whole list at once, and kept in ``record_readable`` of its rows.
"""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import strawberry
import strawberry_django

from clinic.models import Appointment, Patient
from clinic.privacy.visibility import readable_patients
from schema.core.batching import batch_of
from schema.core.context import Context, Info
from users.models import Role, User

# The key in the metadata of a field whose resolver needs the context for some rows only: a function
# that returns the value of the others, and raises RecordAccessUnknown.
ROW_READER_KEY = "cybermed-row-reader"
# The key in the metadata of a record field that is a column: its ``RecordColumn``.
RECORD_COLUMN_KEY = "cybermed-record-column"
# The annotation of rows, and the attribute of an account that holds that of its patient.
RECORD_READABLE = "record_readable"
# Empty for a reader without access to the record. The picture and the email address of a
# Person are checked by their resolvers.
RECORD_FIELDS = frozenset(
    {
        "Appointment.cancellationReason",
        "Appointment.reasonForVisit",
        "Patient.address",
        "Patient.dateOfBirth",
        "Patient.emergencyContactName",
        "Patient.emergencyContactPhone",
        "Patient.phoneNumber",
        "Patient.guardians.person.avatarUrl",
        "Patient.guardians.person.email",
        "Patient.guardians.person.firstName",
        "Patient.guardians.person.id",
        "Patient.guardians.person.lastName",
        "Patient.guardians.relationship",
        "Patient.user.avatarUrl",
        "Patient.user.email",
    }
)


class RecordAccessUnknown(Exception):
    """Whether the caller can read the record of a row is not determined yet."""


class RecordColumn(NamedTuple):
    """A column, and the value that its field has for a caller without access to the record."""

    name: str
    hidden: Any


def record_column(name: str, *, hidden: Any, description: str) -> Any:
    """Declare a field that is a column, and ``hidden`` without access to the record."""
    return record_field(
        lambda row, readable: getattr(row, name) if readable else hidden,
        only=[name],
        description=description,
        column=RecordColumn(name, hidden),
    )


def record_field(
    read: Callable[[Any, bool], Any],
    *,
    only: list[str],
    description: str,
    column: RecordColumn | None = None,
) -> Any:
    """Declare a field that depends on the caller's access to the record.

    ``read`` gets the row and whether the caller has access. ``only`` are the columns it reads.
    """

    def resolve(root: strawberry.Parent[Any], info: Info) -> Any:
        prepare(root, info.context)
        return read(root, root.record_readable)

    def read_prepared(row: Appointment | Patient) -> Any:
        if row.record_readable is None:
            raise RecordAccessUnknown
        return read(row, row.record_readable)

    return strawberry_django.field(
        resolver=resolve,
        only=only,
        description=description,
        metadata={ROW_READER_KEY: read_prepared, RECORD_COLUMN_KEY: column},
    )


def prepare(row: Appointment | Patient, context: Context) -> None:
    """Set ``record_readable`` of the row, and of the other rows of its list that need it.

    Takes at most one query for a list; none for a caller who is neither doctor, assistant nor
    staff, because such a caller gets only their own and their dependants' records. Must not query
    in an event loop: subscriptions call it before they send the row.
    """
    if row.record_readable is None:
        unknown = [other for other in batch_of(row).rows if other.record_readable is None]
        readable = readable_by(context.user, {_patient_pk(other) for other in unknown})
        for other in unknown:
            other.record_readable = _patient_pk(other) in readable


def readable_by(reader: User, patients: set[int]) -> Collection[int]:
    """Return those of the patients whom ``reader`` sees at all whose records they can read."""
    reads_others = reader.is_staff or reader.acts_as(Role.DOCTOR)
    return readable_patients(reader, patients) if reads_others and patients else patients


def share(row: Appointment | Patient) -> None:
    """Copy ``record_readable`` to the patient and the account that were loaded with the row."""
    if row.record_readable is None:
        return
    readable = row.record_readable
    if isinstance(row, Appointment):
        if not Appointment.patient.is_cached(row):
            return
        row = row.patient
        row.record_readable = readable
    if Patient.user.is_cached(row):
        setattr(row.user, RECORD_READABLE, readable)


def is_readable(account: User) -> bool | None:
    """Return what ``share()`` set; None if the account was not loaded with a patient."""
    return getattr(account, RECORD_READABLE, None)


def _patient_pk(row: Appointment | Patient) -> int:
    return row.patient_id if isinstance(row, Appointment) else row.pk
