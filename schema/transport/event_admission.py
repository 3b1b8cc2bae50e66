"""Admission of connections to an event: their tokens, and the minutes of their accounts."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Protocol

from channels.db import database_sync_to_async

from users.authentication import access_tokens
from users.authentication.middleware import TokenRequest
from users.common.client_ip import client_key
from users.common.rate_limits import RateLimitExceeded
from users.common.request_costs import RequestMeter
from users.models import User

# Of one event of one subscription, in the unit of ``users.common.request_costs``.
EVENT_COST = 100
# The close code after which the graphql-ws client requests a new token and reconnects.
FORBIDDEN = 4403
TRY_AGAIN_LATER = 1013


class Connection(Protocol):
    """A WebSocket connection as its subscriptions use it."""

    user: User
    token: str
    request: TokenRequest

    async def close(self, code: int, reason: str) -> None: ...


# The close code and the reason of each connection that does not get the event.
Admission = dict[Connection, tuple[int, str]]


async def admit(connections: Iterable[Connection]) -> Admission:
    """Authenticate the connections and charge an event; one element for each subscription.

    A token can be revoked, or its user deactivated, at any time. Sets ``user`` of the connections
    that are admitted. The database is queried once for all.
    """
    subscriptions = Counter(connections)
    users, unpaid = await _check(subscriptions)
    admission: Admission = dict.fromkeys(unpaid, (TRY_AGAIN_LATER, "Try again later"))
    for connection in subscriptions:
        if user := users.get(connection.token):
            connection.user = user
        else:
            admission[connection] = (FORBIDDEN, "Forbidden")
    return admission


@database_sync_to_async
def _check(subscriptions: Counter[Connection]) -> tuple[dict[str, User], list[Connection]]:
    """Return the users by token, and the connections whose account has used up its minute."""
    users = access_tokens.authenticate_all({each.token for each in subscriptions})
    by_user: defaultdict[int, Counter[Connection]] = defaultdict(Counter)
    for connection, number in subscriptions.items():
        if user := users.get(connection.token):
            by_user[user.pk][connection] = number
    unpaid: list[Connection] = []
    for charged in by_user.values():
        if not _pay(charged):
            unpaid += [each for each in charged if not _pay(Counter({each: charged[each]}))]
    return users, unpaid


def _pay(subscriptions: Counter[Connection]) -> bool:
    """Charge one event to the account of these connections. Return whether it could pay."""
    connection = next(iter(subscriptions))
    meter = RequestMeter(client=client_key(connection.request), user_id=str(connection.user.pk))
    try:
        meter.charge(EVENT_COST * subscriptions.total())
    except RateLimitExceeded:
        return False
    return True
