"""Page after page of a hundred appointments leaves a server as large as it was."""

import sys
from pathlib import Path

import pytest

from clinic.demo.accounts import PASSWORD
from tests.support.live_server import Server, manage, serving

pytestmark = [
    pytest.mark.own_database,
    pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the memory of a process"),
]

PAGE = """query { appointments(first: 100) { edges { node {
  id date time status reasonForVisit
  doctor { id specialty user { id firstName lastName } }
  patient { id dateOfBirth user { id firstName lastName } }
} } } }"""
WARMING_UP, REQUESTS = 30, 150
# One page is some 300 kB of objects: kept, they would be 45 MB.
LIMIT = 10 * 1024


def resident(server: Server) -> int:
    """How many kB of memory the server has, as Linux tells."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1])


def test_memory_does_not_grow_with_the_number_of_requests(tmp_path: Path) -> None:
    with serving(tmp_path, MAX_QUERY_COST="1000000") as server:
        size = "--doctors=1", "--patients=50", "--appointments=400"
        manage(server.environment, "seed_demo", "--i-know-the-password-is-public", *size)
        signed_in = server.api("TokenAuth", {"email": "doctor@example.org", "password": PASSWORD})
        token = signed_in["data"]["tokenAuth"]["token"]

        def ask(times: int) -> int:
            for _ in range(times):
                answer = server.http.post(
                    "/graphql/",
                    json={"query": PAGE},
                    headers={"Authorization": f"Bearer {token}"},
                )
                assert len(answer.json()["data"]["appointments"]["edges"]) == 100
            return resident(server)

        before = ask(WARMING_UP)
        assert ask(REQUESTS) - before < LIMIT
