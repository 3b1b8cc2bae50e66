"""The memory of a server does not grow with the number of requests."""

import sys
from pathlib import Path

import pytest

from clinic.demo.accounts import PASSWORD
from tests.support.live_server import Server, manage, serving

pytestmark = [
    pytest.mark.own_database,
    pytest.mark.skipif(sys.platform != "linux", reason="the memory is read from /proc"),
]

PAGE = """query { appointments(first: 100) { edges { node {
  id date time status reasonForVisit
  doctor { id specialty user { id firstName lastName } }
  patient { id dateOfBirth user { id firstName lastName } }
} } } }"""
WARMING_UP, REQUESTS = 30, 150
# In kB. One page is about 300 kB of objects; if they were kept, they would be 45 MB.
LIMIT = 10 * 1024


def resident_memory(server: Server) -> int:
    """Return the resident memory of the server in kB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1])


def test_server_memory_does_not_grow_with_requests(tmp_path: Path) -> None:
    with serving(tmp_path, MAX_QUERY_COST="1000000") as server:
        size = "--doctors=1", "--patients=50", "--appointments=400"
        manage(server.environment, "seed_demo", "--i-know-the-password-is-public", *size)
        tokens = server.api("TokenAuth", {"email": "doctor@example.org", "password": PASSWORD})
        token = tokens["data"]["tokenAuth"]["token"]

        def send(times: int) -> int:
            for _ in range(times):
                response = server.http.post(
                    "/graphql/",
                    json={"query": PAGE},
                    headers={"Authorization": f"Bearer {token}"},
                )
                assert len(response.json()["data"]["appointments"]["edges"]) == 100
            return resident_memory(server)

        before = send(WARMING_UP)
        assert send(REQUESTS) - before < LIMIT
