"""The lock files match pyproject.toml and contain no hosts or paths of a developer's machine."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(settings.BASE_DIR)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REQUIRED = {
    "requirements/base.txt": PROJECT["project"]["dependencies"],
    "requirements/dev.txt": [
        *PROJECT["project"]["dependencies"],
        *PROJECT["dependency-groups"]["dev"],
    ],
    "requirements/mysql.txt": PROJECT["dependency-groups"]["mysql"],
    "requirements/redis.txt": PROJECT["dependency-groups"]["redis"],
    "requirements/docs.txt": PROJECT["dependency-groups"]["docs"],
    "requirements/bench.txt": PROJECT["dependency-groups"]["bench"],
    "requirements/postgresql.txt": PROJECT["dependency-groups"]["postgresql"],
}


def locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)
    return {canonicalize_name(package): version for package, version in pins}


@pytest.mark.parametrize("name", REQUIRED)
def test_lock_contains_required_packages_within_range(name: str) -> None:
    pins = locked(name)
    required = [Requirement(text) for text in REQUIRED[name]]
    assert [
        str(requirement)
        for requirement in required
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ] == []


@pytest.mark.parametrize("name", REQUIRED)
def test_locks_agree_on_the_version_of_a_package(name: str) -> None:
    everything = locked("requirements/dev.txt")
    assert {
        package: version
        for package, version in locked(name).items()
        if everything.get(package, version) != version
    } == {}


@pytest.mark.parametrize("name", REQUIRED)
def test_lock_names_no_host_or_directory(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert (
        re.findall(r"https?://\S+|--(?:extra-)?index-url.*|--find-links.*|(?<=\s)/\S+", text) == []
    )


def test_lock_installs_importable_django_graphql_jwt() -> None:
    # Without the pins in pyproject.toml, pip chooses a version of graphene that cannot be imported.
    assert importlib.import_module("graphql_jwt").__version__ == "0.4.0"
