"""Rules for every Python file of the project: its length, and the files that it names."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FOLDERS = ("clinic", "config", "schema", "tests", "users")
MAX_LINES = 300
NAMED_FILE = re.compile(r"(?<![\w/.-])((?:\w+/)*\w+\.py)\b(?!/)")


def source_files() -> list[Path]:
    """Return the Python files, without those of migrations and installed packages."""
    paths = [
        *ROOT.glob("*.py"),
        *(path for name in FOLDERS for path in (ROOT / name).rglob("*.py")),
    ]
    relative = [path.relative_to(ROOT) for path in paths]
    return [
        path
        for path in relative
        if not any(
            part.startswith(".") or part in {"migrations", "node_modules"} for part in path.parts
        )
    ]


SOURCES = {path.as_posix(): (ROOT / path).read_text(encoding="utf-8") for path in source_files()}


def is_in_tree(name: str) -> bool:
    return any(f"/{path}".endswith(f"/{name}") for path in SOURCES)


def test_modules_have_at_most_300_lines() -> None:
    lengths = {path: len(text.splitlines()) for path, text in SOURCES.items()}
    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}


def test_python_files_that_comments_name_exist() -> None:
    missing = {
        path: sorted({name for name in NAMED_FILE.findall(text) if not is_in_tree(name)})
        for path, text in SOURCES.items()
    }
    assert {path: names for path, names in missing.items() if names} == {}
