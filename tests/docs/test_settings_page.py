"""docs/operations/settings.md and .env.example list every setting with its default."""

import os
import re
import subprocess
import sys

import pytest

from tests.docs.pages import ROOT, read, table_rows

# Read by gunicorn.conf.py and by gunicorn itself.
SERVER_SETTINGS = {"HOST", "PORT", "WEB_CONCURRENCY"}
REQUIRED = {
    "SECRET_KEY": "f3a9c8e1d7b24650" * 4,
    "JWT_SECRET": "0b1c2d3e4f5a6978" * 4,
    "ALLOWED_HOSTS": "clinic.example.org",
}
SETTINGS_PAGE = read("docs/operations/settings.md")
EXAMPLE = dict(re.findall(r"^#([A-Z_]+)=(.*)$", read(".env.example"), re.MULTILINE))
# Prints each setting that the variables decide. A path is compared as the file it names.
DUMP = """
from pathlib import Path
import config.settings as module
for name, value in sorted(vars(module).items()):
    if name.isupper():
        print(name, value.resolve() if isinstance(value, Path) else repr(value))
"""


def variables_read() -> set[str]:
    modules = ("settings", "clinic_settings", "media_settings")
    source = "".join(read(f"config/{module}.py") for module in modules)
    return {*re.findall(r'environment\.\w+\(\s*"([A-Z_]+)"', source), *SERVER_SETTINGS}


def settings_with(variables: dict[str, str]) -> str:
    """Return the production settings that these variables result in, one on each line."""
    # The printed order of sets depends on the hash seed.
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", **variables, **REQUIRED}
    return subprocess.check_output(  # noqa: S603 - our own command
        [sys.executable, "-c", DUMP], cwd=ROOT, env=environment, text=True
    )


def test_settings_page_lists_every_variable() -> None:
    listed = [cells[0].strip("`") for cells in table_rows(SETTINGS_PAGE)]
    assert sorted(listed) == sorted(variables_read())


def test_env_example_lists_every_variable() -> None:
    assert EXAMPLE.keys() == variables_read()


def test_env_example_describes_every_variable() -> None:
    described = re.findall(r"^# .+\.\n#([A-Z_]+)=", read(".env.example"), re.MULTILINE)
    assert sorted(described) == sorted(EXAMPLE)


@pytest.mark.own_database
def test_env_example_values_are_the_defaults() -> None:
    assert settings_with(EXAMPLE) == settings_with({})


def test_settings_page_and_env_example_state_the_same_defaults() -> None:
    words = {"off": "0", "on": "1", "none": "", "*required*": ""}
    documented = {}
    for name, default, _meaning in table_rows(SETTINGS_PAGE):
        value = default.partition(";")[0].strip("`")
        documented[name.strip("`")] = words.get(value, value)
    assert documented == EXAMPLE
