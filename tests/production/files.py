"""The files of ``docs/operations/files``: systemd units and settings, as production reads them."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "docs/operations/files"
UNITS = FILES / "systemd"
PAGE = ROOT / "docs/operations/production.md"
RELEASE = "/srv/cybermed/current"


class Service(NamedTuple):
    """What a unit starts: its commands in order, and its own environment variables."""

    commands: list[list[str]]
    environment: dict[str, str]


def read_section(text: str, section: str) -> list[tuple[str, str]]:
    """Return the entries of a section of a unit file. A key can occur more than once."""
    _, _, rest = text.partition(f"[{section}]\n")
    lines = re.split(r"^\[", rest, flags=re.MULTILINE)[0].splitlines()
    entries = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return [(key, value) for key, _, value in entries]


def read_service(
    name: str, *, instance: str = "", paths: Mapping[str, str] | None = None
) -> Service:
    """Read a unit file. ``instance`` replaces ``%i``; ``paths`` replaces paths in its commands."""
    entries = read_section((UNITS / name).read_text(encoding="utf-8"), "Service")

    def expand(value: str) -> str:
        for path, replacement in (paths or {}).items():
            value = value.replace(path, replacement)
        return value.replace("%i", instance).replace("%%", "%").replace("$$", "$")

    return Service(
        [shlex.split(expand(value)) for key, value in entries if key == "ExecStart"],
        dict(expand(value).split("=", 1) for key, value in entries if key == "Environment"),
    )


def read_environment() -> dict[str, str]:
    """Return the variables of the file ``environment``."""
    words = shlex.split((FILES / "environment").read_text(encoding="utf-8"), comments=True)
    return dict(word.split("=", 1) for word in words)


def release_commands() -> list[list[str]]:
    """Return the arguments of each ``manage.py`` command that production.md runs for a release."""
    section = page_section("A release")
    return [
        shlex.split(arguments)
        for arguments in re.findall(
            r"manage\.py ((?!createsuperuser).+?)'?$", section, re.MULTILINE
        )
    ]


def page_section(title: str) -> str:
    """Return the text of production.md below a heading of the second level."""
    page = PAGE.read_text(encoding="utf-8")
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
