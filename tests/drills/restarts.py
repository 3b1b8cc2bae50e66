"""nginx is reloaded and gunicorn restarted, again and again, while requests come through nginx."""

import signal
import time
from contextlib import ExitStack
from itertools import cycle

from tests.drills.clients import outcomes, slowest
from tests.drills.probes import Probe
from tests.drills.result import Result
from tests.drills.site import started_site
from tests.production.site import HTTP, INSTANCES, missing_program

CLIENTS = 8
# In a full run of 30 seconds or more, else so many for each second.
REQUESTS, REQUESTS_A_SECOND = 5000, 50
LIMIT_SECONDS = 600
BOUND = "0 failed"


def measure(seconds: int) -> list[Result]:
    """Run the drill, until enough requests are answered."""
    wanted = REQUESTS if seconds >= 30 else seconds * REQUESTS_A_SECOND
    drill = "reloads and rolling restarts, through nginx"
    if reason := missing_program():
        return [Result(drill, reason, BOUND, passed=False)]
    with started_site() as (site, token):
        probes = [
            Probe.reading(f"{site.url}/graphql/", token, verify=site.tls) for _ in range(CLIENTS)
        ]
        reloads = restarts = 0
        ports = cycle(port for port, name in INSTANCES.items() if name == HTTP)
        deadline = time.monotonic() + LIMIT_SECONDS
        with ExitStack() as stack:
            for probe in probes:
                stack.enter_context(probe.sending(0))
            while sum(len(probe.attempts) for probe in probes) < wanted or not restarts:
                assert time.monotonic() < deadline, "too few requests were answered"
                site.processes["nginx"].send_signal(signal.SIGHUP)
                reloads += 1
                # With SIGTERM, as systemd does; the other one gets the requests meanwhile.
                port = next(ports)
                site.stop_unit(f"{HTTP}{site.ports[port]}")
                site.start_unit(HTTP, port)
                restarts += 1
    attempts = [each for probe in probes for each in probe.attempts]
    return [
        Result(
            drill,
            f"{len(attempts)} requests {outcomes(attempts)}, {slowest(attempts)}; "
            f"{reloads} reloads of nginx, {restarts} restarts of gunicorn by SIGTERM",
            BOUND,
            passed=outcomes(attempts).keys() == {"200"},
        )
    ]
