"""Commands, paths and links in the documentation exist."""

import re
from pathlib import PurePosixPath

import pytest
from django.core.management import get_commands

from tests.docs.pages import PAGES, ROOT, read

MAKE = re.compile(r"(?:`|^)make ([a-z-]+)", re.MULTILINE)
MANAGE = re.compile(r"manage\.py (\w+)")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
FOLDERS = ("clinic", "config", "docs", "requirements", "schema", "tests", "users", r"\.ci")
# In code, or in a box of a diagram.
PATH = re.compile(rf"(?:`|<br>)((?:{'|'.join(FOLDERS)})/[\w./-]*)")
TARGETS = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES)
def test_page_names_make_targets_that_exist(page: str) -> None:
    assert set(MAKE.findall(read(page))) <= TARGETS


@pytest.mark.parametrize("page", PAGES)
def test_page_names_management_commands_that_exist(page: str) -> None:
    assert set(MANAGE.findall(read(page))) <= get_commands().keys()


@pytest.mark.parametrize("page", PAGES)
def test_page_names_paths_that_exist(page: str) -> None:
    text = read(page)
    linked = [str(PurePosixPath(page).parent / link) for link in LINK.findall(text)]
    assert [path for path in [*linked, *PATH.findall(text)] if not (ROOT / path).exists()] == []


def test_readme_is_short() -> None:
    assert len(read("README.md").splitlines()) <= 150


def test_readme_says_that_clients_must_accept_unknown_statuses() -> None:
    text = " ".join(read("README.md").split())
    assert "A client must accept those that it does not know" in text
    assert "an appointment with an unknown `AppointmentStatus`" in text
