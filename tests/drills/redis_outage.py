"""Redis is killed, and stopped without closing its connections, while patients book."""

import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.drills.clients import Clients, outcomes, percentile, wrong_state
from tests.drills.result import Result
from tests.support.databases import scratch
from tests.support.fixtures.people import PASSWORD
from tests.support.live_accounts import Actor
from tests.support.live_server import serving
from tests.support.redis_server import running_redis
from tests.support.websocket_client import HALF_HOURS, appointment_event, open_websocket

# Each client has booked by then.
WARM_UP_SECONDS = 2
# The server tries the cache again 5 seconds after a failure.
RECOVERY_SECONDS = 6
BOUND = "p99 < 1 s, nothing lost; no sign-in uncounted; live updates afterwards"


def measure(seconds: int) -> list[Result]:
    """Run the drill; ``seconds`` is how long each outage lasts."""
    if shutil.which("redis-server") is None:
        return [Result("Redis", "redis-server is not installed", BOUND, passed=False)]
    return [_measure(what, seconds) for what in ("killed", "stopped")]


def _measure(what: str, seconds: int) -> Result:
    with (
        TemporaryDirectory(prefix="cybermed-") as name,
        scratch("PostgreSQL") as database,
        running_redis(Path(name)) as redis,
    ):
        settings = {
            "DATABASE_URL": database,
            "CACHE_URL": redis.url,
            "REDIS_URL": redis.url,
            "RATE_LIMIT_ENABLED": "1",
            "MAX_COST_PER_MINUTE": str(10**9),
            "MAX_OPEN_APPOINTMENTS": "1000",
        }
        with serving(Path(name), **settings) as server:
            doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
            clients = Clients.prepare(server, database)
            with clients.sending():
                time.sleep(WARM_UP_SECONDS)  # clients book before the failure
                begin = time.monotonic()
                redis.stop() if what == "stopped" else redis.kill()
                time.sleep(seconds / 2)  # the sign-in is tried in the middle of the outage
                credentials = {"email": ann.email, "password": PASSWORD}
                refusal = server.api("TokenAuth", credentials)["errors"][0]["extensions"]["code"]
                time.sleep(seconds / 2)
                redis.resume() if what == "stopped" else redis.start()
                end = time.monotonic()
                time.sleep(RECOVERY_SECONDS)
            signed_in = server.api("TokenAuth", credentials)["data"]
            times = iter(HALF_HOURS)
            with open_websocket(server, ann.token) as client:
                client.subscribe("AppointmentChanged")
                client.wait_until_subscribed(
                    lambda: appointment_event(ann.book(doctor, next(times)))
                )
        lost, doubled = wrong_state(database, clients.acknowledged)
    meanwhile = clients.during(begin, end)
    p99 = percentile(meanwhile, 99)
    answers = outcomes(meanwhile)
    return Result(
        f"Redis {what} for {seconds} s",
        f"{len(meanwhile)} bookings {answers}, p99 {p99:.2f} s, {lost} lost, {doubled} doubled; "
        f"sign-in {refusal}",
        BOUND,
        passed=p99 < 1
        and answers.keys() == {"booked"}
        and (lost, doubled, refusal) == (0, 0, "SERVICE_UNAVAILABLE")
        and signed_in is not None,
    )
