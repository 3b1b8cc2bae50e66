"""R3, R4 and W1 with the fewest statements and plain Python: no framework, psycopg and json.

The sign-in is that of the plain view, and the same rows are written as by the server. Live updates
are left out. RESULTS.md lists the statements and why each is needed.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from tests.benchmarks.peers.floor import booking, searches
from tests.benchmarks.peers.floor.session import Session

Handler = Callable[..., tuple[str, Any]]
ROUTES: tuple[tuple[str, re.Pattern[str], Handler], ...] = (
    ("GET", re.compile(r"/doctors/(\d+)/slots"), searches.slots),
    ("GET", re.compile(r"/next-available"), searches.next_available),
    ("POST", re.compile(r"/appointments"), booking.book),
)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a WSGI request."""
    status, body = _respond(environ)
    data = json.dumps(body).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
    start_response(status, headers)
    return [data]


def _respond(environ: dict[str, Any]) -> tuple[str, Any]:
    for method, pattern, handler in ROUTES:
        found = pattern.fullmatch(environ["PATH_INFO"])
        if found and method == environ["REQUEST_METHOD"]:
            session = Session.of(environ)
            if session is None:
                return "401 Unauthorized", {}
            if method == "POST":
                length = int(environ["CONTENT_LENGTH"])
                parameters = json.loads(environ["wsgi.input"].read(length))
            else:
                parameters = dict(parse_qsl(environ["QUERY_STRING"]))
            response = handler(session, parameters, *found.groups())
            # The line by which the benchmark counts requests and statements.
            sys.stderr.write(f'{{"statements": {session.statements}}}\n')
            return response
    return "404 Not Found", {}
