"""Occupied time. Its unique constraint prevents double booking."""

from collections.abc import Iterable, Mapping

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from users.common.lock_waits import must_not_wait
from users.common.prepared_inserts import PreparedInsert
from users.common.prepared_queries import Keys, PreparedQuery
from users.common.transactions import locked
from users.models import User


def _locking(*, nowait: bool) -> PreparedQuery:
    return PreparedQuery(
        lambda: (
            locked(User.objects.filter(pk__in=Keys("people")).order_by("pk"), nowait=nowait)
        ).values_list("pk", "is_active")
    )


LOCK_PEOPLE, LOCK_PEOPLE_IF_FREE = _locking(nowait=False), _locking(nowait=True)


def lock_people(people: Iterable[int]) -> set[int]:
    """Lock the users in pk order, so that concurrent bookings queue instead of deadlocking.

    Returns the ids of those whose account is inactive; none on SQLite.
    """
    if not connection.features.has_select_for_update:
        return set()  # as lock_rows()
    keys = frozenset(people)
    query = LOCK_PEOPLE_IF_FREE if must_not_wait(lambda: keys) else LOCK_PEOPLE
    return {pk for pk, is_active in query.rows(people=sorted(keys)) if not is_active}


class BusyTickManager(models.Manager["BusyTick"]):
    """Writes the ticks of appointments."""

    def occupy(self, appointment_id: int, spans: Mapping[int, range], *, is_new: bool) -> None:
        """Replace the appointment's ticks by those in ``spans``, by person (user id).

        Without spans all of them are removed. ``is_new`` spares the query for existing ticks.
        Raises IntegrityError if a tick is taken. Rows are inserted in sorted order, so that
        concurrent bookings queue instead of deadlocking.
        """
        existing = {} if is_new else self._existing(appointment_id)
        wanted = {(person, tick) for person, span in spans.items() for tick in span}
        if stale := [pk for key, pk in existing.items() if key not in wanted]:
            self.filter(pk__in=stale).delete()
        INSERT_TICKS.run(
            [
                {"appointment_id": appointment_id, "person_id": person, "tick": tick}
                for person, tick in sorted(wanted - existing.keys())
            ]
        )

    def _existing(self, appointment_id: int) -> dict[tuple[int, int], int]:
        """Return the primary keys of the appointment's ticks, by (user id, tick)."""
        ticks = self.filter(appointment=appointment_id)
        return {
            (person, tick): pk for pk, person, tick in ticks.values_list("pk", "person", "tick")
        }


class BusyTick(models.Model):
    """Five minutes of one person's time, occupied by an appointment that is not cancelled.

    A person is a *user*, so that one constraint covers doctors, patients, and a doctor who
    is another doctor's patient. Unlike an exclusion constraint or a conditional unique
    constraint, a plain unique constraint works the same on SQLite, PostgreSQL and MariaDB.
    """

    person = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="busy_ticks", db_index=False
    )
    tick = models.IntegerField(
        help_text=_(
            "Five-minute steps of the clinic's wall clock since 0001-01-01: day ordinal times 288 "
            "plus minutes since midnight divided by 5."
        )
    )
    appointment = models.ForeignKey(
        "clinic.Appointment", on_delete=models.CASCADE, related_name="ticks"
    )

    objects = BusyTickManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="busy_tick_one_appointment", fields=["person", "tick"])
        ]
        # For pruning past ticks of all people.
        indexes = [models.Index(fields=["tick"])]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.tick}"


INSERT_TICKS = PreparedInsert(BusyTick)
