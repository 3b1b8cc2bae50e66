"""100 moves of one appointment: how many emails they send."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.security.attacks.measurement import SERVERS, Measurement, live_server, report
from tests.support.fixtures.smtp_server import AnyPort, MailServer
from tests.support.live_accounts import Actor, next_monday
from tests.support.processes import manage

MOVES = 100
PER_ADDRESS = 20
NO_LIMIT = {"MAX_EMAILS_PER_DAY": "10000"}


def measure() -> Iterator[Measurement]:
    for role in ("patient", "doctor"):
        for name, command in SERVERS.items():
            unguarded = _attack(command, role, **NO_LIMIT)
            guarded = _attack(command, role)
            report(
                "email_flood", f"{name}, {role}: {unguarded} emails without the limit, {guarded}"
            )
            yield Measurement(
                f"{MOVES} moves of one appointment by its {role}",
                name,
                f"{sum(unguarded)} emails",
                f"{sum(guarded)} emails, {max(guarded)} to one address",
                f"{PER_ADDRESS} to one address",
                max(guarded) <= PER_ADDRESS,
            )


def _attack(command: Sequence[str], role: str, **environment: str) -> list[int]:
    """Return the number of emails to each address, once the queue is empty."""
    mail = MailServer()
    controller = AnyPort(mail)
    controller.start()
    email_url = f"smtp://{controller.hostname}:{controller.port}"
    try:
        with live_server(command, EMAIL_URL=email_url, **environment) as server:
            doctor, patient = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
            appointment = patient.book(doctor, "09:00")
            actor = {"doctor": doctor, "patient": patient}[role]
            for number in range(MOVES):
                _move(actor, appointment["id"], dt.time(10 + number % 2))
            manage(server.environment, "db_worker", "--batch", "--no-startup-delay", "-v0")
    finally:
        controller.stop()
    return list(Counter(recipient for [recipient], _ in mail.received).values())


def _move(actor: Actor, appointment: str, time: dt.time) -> None:
    slot = {"date": next_monday().isoformat(), "time": time.isoformat("minutes")}
    actor.send("RescheduleAppointment", input={"id": appointment, **slot})
