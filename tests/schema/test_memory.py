"""The memory of a server does not grow with the number of requests."""

import sys
from pathlib import Path

import pytest

from clinic.demo.accounts import PASSWORD
from tests.support.live_server import Server, serving
from tests.support.processes import manage

pytestmark = [
    pytest.mark.own_database,
    pytest.mark.skipif(
        sys.platform != "linux", reason="needs /proc to read the memory of a process"
    ),
]

PAGE = """query { appointments(first: 100) { edges { node {
  id date time status reasonForVisit
  doctor { id specialty user { id firstName lastName } }
  patient { id dateOfBirth user { id firstName lastName } }
} } } }"""
WARMING_UP, REQUESTS = 30, 150
# The objects of one page take about 300 kB; if they were not freed, 45 MB in all (in kB).
LIMIT = 10 * 1024


def resident(server: Server) -> int:
    """Return the resident memory of the server in kB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1])


def test_server_memory_does_not_grow_with_requests(tmp_path: Path) -> None:
    with serving(tmp_path, MAX_QUERY_COST="1000000") as server:
        size = "--doctors=1", "--patients=50", "--appointments=400"
        manage(server.environment, "seed_demo", "--i-know-the-password-is-public", *size)
        signed_in = server.api("TokenAuth", {"email": "doctor@example.org", "password": PASSWORD})
        token = signed_in["data"]["tokenAuth"]["token"]

        def memory_after(times: int) -> int:
            for _ in range(times):
                answer = server.http.post(
                    "/graphql/",
                    json={"query": PAGE},
                    headers={"Authorization": f"Bearer {token}"},
                )
                assert len(answer.json()["data"]["appointments"]["edges"]) == 100
            return resident(server)

        before = memory_after(WARMING_UP)
        assert memory_after(REQUESTS) - before < LIMIT
