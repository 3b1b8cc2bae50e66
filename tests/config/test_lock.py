"""The locks install what pyproject.toml asks for, and say nothing about whose machine made them."""

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
WANTED = {
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


@pytest.mark.parametrize("name", WANTED)
def test_a_lock_has_every_package_asked_for_within_its_range(name: str) -> None:
    pins = locked(name)
    wanted = [Requirement(text) for text in WANTED[name]]
    assert [
        str(requirement)
        for requirement in wanted
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ] == []


@pytest.mark.parametrize("name", WANTED)
def test_a_package_in_two_locks_has_one_version(name: str) -> None:
    everything = locked("requirements/dev.txt")
    assert {
        package: version
        for package, version in locked(name).items()
        if everything.get(package, version) != version
    } == {}


@pytest.mark.parametrize("name", WANTED)
def test_a_lock_names_no_host_and_no_folder(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert (
        re.findall(r"https?://\S+|--(?:extra-)?index-url.*|--find-links.*|(?<=\s)/\S+", text) == []
    )


def test_django_graphql_jwt_can_be_imported_beside_strawberry() -> None:
    # An unpinned resolver picks a graphene whose import fails.
    assert importlib.import_module("graphql_jwt").__version__ == "0.4.0"
