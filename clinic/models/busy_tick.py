"""Occupied time: the reason why nobody is ever booked twice."""

from collections.abc import Iterable

from django.db import models

from clinic.slots import Slot
from users.models import User


class BusyTickManager(models.Manager["BusyTick"]):
    def occupy(
        self, appointment_id: int, people: Iterable[int], slot: Slot | None, *, is_new: bool
    ) -> None:
        """Make the appointment own exactly the ticks of ``slot``, for each person.

        None frees them all; one that ``is_new`` owns none yet. Raises IntegrityError if
        one of them is taken. Rows are written in one order, so that two bookings wait for
        each other and do not deadlock.
        """
        held = {} if is_new else self._held(appointment_id)
        wanted = {(person, tick) for person in people for tick in (slot.ticks if slot else ())}
        if stale := [pk for place, pk in held.items() if place not in wanted]:
            self.filter(pk__in=stale).delete()
        self.bulk_create(
            BusyTick(appointment_id=appointment_id, person_id=person, tick=tick)
            for person, tick in sorted(wanted - held.keys())
        )

    def _held(self, appointment_id: int) -> dict[tuple[int, int], int]:
        ticks = self.filter(appointment=appointment_id)
        return {
            (person, tick): pk for pk, person, tick in ticks.values_list("pk", "person", "tick")
        }


class BusyTick(models.Model):
    """Five minutes of a person's time, taken by one live appointment.

    A person is a *user*, so that one index covers doctors, patients, a doctor
    who is someone's patient, and a doctor who would book himself. Unlike an
    exclusion constraint or a conditional unique one, a plain unique constraint
    means the same on SQLite, PostgreSQL and MariaDB.
    """

    person = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="busy_ticks", db_index=False
    )
    tick = models.IntegerField(help_text="Five-minute steps of the clinic's wall clock.")
    appointment = models.ForeignKey(
        "clinic.Appointment", on_delete=models.CASCADE, related_name="ticks"
    )

    objects = BusyTickManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="busy_tick_one_visit", fields=["person", "tick"])
        ]
        # For pruning what is past, whoever it belonged to.
        indexes = [models.Index(fields=["tick"])]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.tick}"
