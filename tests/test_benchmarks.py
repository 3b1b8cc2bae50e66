"""``make bench`` starts: in an environment without the packages of the tests, with its peers."""

import os
from importlib.metadata import packages_distributions

import grimp
import pytest

from tests.support.live_server import ENVIRONMENT
from tests.support.processes import ROOT, manage

REQUIREMENTS = ROOT / "requirements"
# What `make bench` installs, and a driver that is imported only where it is used.
INSTALLED = ("base", "postgresql", "bench", "mysql")


def locked(name: str) -> set[str]:
    """Return the packages that a lock file installs."""
    lines = (REQUIREMENTS / f"{name}.txt").read_text().splitlines()
    return {line.partition("==")[0].partition("[")[0] for line in lines if "==" in line}


@pytest.mark.parametrize("program", ["__main__", "against", "growth"])
def test_benchmark_imports_no_package_of_the_tests(program: str) -> None:
    graph = grimp.build_graph("tests", include_external_packages=True, cache_dir=None)
    imported = graph.find_upstream_modules(f"tests.benchmarks.{program}")
    distributions = packages_distributions()
    packages = {
        name.lower() for module in imported for name in distributions.get(module.split(".")[0], ())
    }
    missing = locked("dev") - set().union(*map(locked, INSTALLED))
    assert "pytest" in missing
    assert packages & missing == set()
    assert "psycopg" in packages


@pytest.mark.parametrize("peer", ["stock", "view"])
def test_peer_of_the_benchmark_has_a_valid_api(peer: str) -> None:
    # The other peers need packages that only the benchmark installs.
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.peers.settings",
        "PEER": peer,
    }
    manage(environment, "check")
