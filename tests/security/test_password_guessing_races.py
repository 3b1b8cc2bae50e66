"""Many attempts to guess a password at the same time are limited like attempts one by one."""

import os
import secrets
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.contract.documents import document_of
from tests.support.fixtures.people import PASSWORD
from tests.support.live_server import GUNICORN, UVICORN, Server, serving

pytestmark = pytest.mark.own_database

ATTEMPTS = 30
# An account without an owner is limited alike, and needs no registration.
EMAIL = "nobody@example.org"
THREADED_GUNICORN = (*GUNICORN, "--threads", str(ATTEMPTS))
REDIS_URL = os.environ.get("REDIS_URL", "")


@pytest.fixture(autouse=True)
def clock() -> None:
    """Replace the fixed clock: the server is another process and uses the real time."""


def guess_at_once(server: Server, client_ip: str = "127.0.0.1") -> Counter[str]:
    """Send ``ATTEMPTS`` wrong passwords at once; return how often each error code came back.

    ``client_ip``: as reported by a trusted proxy.
    """
    headers = {"X-Forwarded-For": client_ip}
    body = {
        "query": document_of("TokenAuth"),
        "variables": {"email": EMAIL, "password": f"not {PASSWORD}"},
    }
    limits = httpx.Limits(max_connections=ATTEMPTS, max_keepalive_connections=0)
    with (
        httpx.Client(
            base_url=server.http.base_url, limits=limits, timeout=60, headers=headers
        ) as client,
        ThreadPoolExecutor(ATTEMPTS) as threads,
    ):
        answers = threads.map(lambda _: client.post("/graphql/", json=body), range(ATTEMPTS))
        return Counter(answer.json()["errors"][0]["extensions"]["code"] for answer in answers)


@pytest.mark.parametrize("web_server", [UVICORN, THREADED_GUNICORN], ids=["uvicorn", "gunicorn"])
def test_token_auth_checks_five_of_thirty_passwords_sent_at_once(
    tmp_path: Path, web_server: Sequence[str]
) -> None:
    with serving(tmp_path, server=web_server, RATE_LIMIT_ENABLED="1") as server:
        assert guess_at_once(server) == {"INVALID_CREDENTIALS": 5, "RATE_LIMITED": 25}


@pytest.mark.skipif(not REDIS_URL, reason="REDIS_URL names no Redis server")
def test_token_auth_checks_five_of_thirty_passwords_in_all_processes_together(
    tmp_path: Path,
) -> None:
    # Redis keeps the counts of earlier runs, so each run is a client of its own.
    client_ip = f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"
    with serving(
        tmp_path,
        server=(*THREADED_GUNICORN, "--workers", "2"),
        CACHE_URL=REDIS_URL,
        RATE_LIMIT_ENABLED="1",
        TRUSTED_PROXIES="127.0.0.1",
    ) as server:
        assert guess_at_once(server, client_ip) == {"INVALID_CREDENTIALS": 5, "RATE_LIMITED": 25}


def test_token_auth_checks_all_passwords_without_rate_limits(tmp_path: Path) -> None:
    """Negative control: the attack is possible without the limits."""
    with serving(tmp_path, RATE_LIMIT_ENABLED="0") as server:
        assert guess_at_once(server) == {"INVALID_CREDENTIALS": ATTEMPTS}
