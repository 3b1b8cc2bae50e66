"""What the requests of an account, or of a client network, can cost in a minute.

A minute is spent in cost, not in requests, because one request can take a thousand times as long
as another. One unit is 10 microseconds of computing time. Each request is charged

- ``REQUEST_COST``, or more for a long body, before its body is read,
- what its operation is estimated to cost, before it is executed,
- what it has taken beyond that, afterwards.

Requests with an access token are charged to their account, others to their client network, which
also pays the first charge of all requests.

While the cache is unavailable, nothing can be counted and every request passes, as with the other
limits against floods (``rate_limits.FAIL_OPEN``).
"""

import time
import zlib
from enum import Enum

from django.conf import settings

from users.common.rate_limits import RateLimitExceeded
from users.common.shared_cache import LoggedOutage, increase

UNITS_PER_SECOND = 100_000
# The least that a request is charged: MAX_COST_PER_MINUTE pays 600 requests by default.
REQUEST_COST = 700
# Parsing and checking a body of 1 MB takes about 0.1 seconds.
BODY_BYTES_PER_UNIT = 100
# Less than this is charged at the end of the request.
PROGRESS_COST = 2_000
PERIOD_SECONDS = 60
# Counters outlive their period, so that they do not expire while a request is being charged.
EXPIRATION_SECONDS = PERIOD_SECONDS + 5


class Payer(Enum):
    """Who pays: its minute is ``MAX_COST_PER_MINUTE`` times the value."""

    REQUESTS_PER_USER = 1
    # Several people can share the address of a network.
    REQUESTS_PER_CLIENT = 2


class RequestMeter:
    """Charges one request. Each method raises RateLimitExceeded if the minute is used up."""

    def __init__(self, *, client: str, user_id: str) -> None:
        self._payers = {Payer.REQUESTS_PER_CLIENT: client, Payer.REQUESTS_PER_USER: user_id}
        self._payer = Payer.REQUESTS_PER_USER if user_id else Payer.REQUESTS_PER_CLIENT
        self._charged = 0
        # The payers that could not be charged: each failure of the cache takes seconds.
        self._uncounted: set[Payer] = set()
        self._started = time.thread_time()

    def admit(self, body_bytes: int = 0) -> None:
        """Charge the request before its body is read."""
        self._charged = max(REQUEST_COST, body_bytes // BODY_BYTES_PER_UNIT)
        for payer, key in self._payers.items():
            if key:
                self._spend(payer, self._charged)

    def charge_operation(self, cost: int) -> None:
        """Charge the estimated cost of the whole request, as far as it is not charged yet."""
        self.charge(cost - self._charged)

    def charge(self, cost: int) -> None:
        """Charge more, before the work is done. A request that is rejected does not pay for it.

        The first request of a minute can cost more than the whole minute: otherwise nobody could
        export a large account.
        """
        if cost > 0:
            self._spend(self._payer, cost, refundable=True)
            self._charged += cost

    def charge_progress(self) -> None:
        """Charge the computing time so far, if much of it is not charged yet.

        To call from work of unknown length. Otherwise requests that run at the same time could
        all exceed what is left of the minute.
        """
        excess = self._uncharged()
        if excess > PROGRESS_COST:
            self.charge(excess)

    def settle(self) -> None:
        """Charge the computing time that was not charged before. Never rejects.

        Must be called in the thread that created the meter.
        """
        excess = self._uncharged()
        if excess > 0:
            self._add(self._payer, excess)

    def _uncharged(self) -> int:
        seconds = time.thread_time() - self._started
        return int(seconds * UNITS_PER_SECOND) - self._charged

    def _spend(self, payer: Payer, cost: int, *, refundable: bool = False) -> None:
        total = self._add(payer, cost)
        is_first = refundable and total <= self._charged + cost
        if total <= settings.MAX_COST_PER_MINUTE * payer.value or is_first:
            return
        if refundable:
            self._add(payer, -cost)
        raise RateLimitExceeded(self._seconds_left(payer))

    def _add(self, payer: Payer, cost: int) -> int:
        """Add to the payer's minute. Returns the total, 0 if nothing can be counted."""
        if payer in self._uncounted or not settings.RATE_LIMIT_ENABLED:
            return 0
        with LoggedOutage(f"{payer.name} cannot be counted"):
            return increase(self._key(payer), cost, seconds=EXPIRATION_SECONDS)
        self._uncounted.add(payer)
        return 0

    def _key(self, payer: Payer) -> str:
        """Return the key of the payer's present minute."""
        end = int(time.time()) + self._seconds_left(payer)
        return f"cost:{payer.name}:{self._payers[payer]}:{end}"

    def _seconds_left(self, payer: Payer) -> int:
        """Return when the payer's minute ends, 1 to 60. Those of two payers end at other times."""
        offset = zlib.crc32(self._payers[payer].encode())
        return PERIOD_SECONDS - (int(time.time()) + offset) % PERIOD_SECONDS
