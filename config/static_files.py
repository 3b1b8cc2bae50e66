"""Static files that ``collectstatic`` has not collected.

In production the names of static files contain hashes. ``collectstatic`` writes them to a manifest;
a page that links a file without an entry fails with ValueError.
"""

from collections.abc import Mapping

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage


def loaded_manifest() -> Mapping[str, str] | None:
    """Return the manifest that this process has read, empty if there was none.

    Returns None if names have no hashes, as with DEBUG.
    """
    return getattr(staticfiles_storage, "hashed_files", None)


def find_uncollected(manifest: Mapping[str, str]) -> list[str]:
    """Return the names of the apps' static files that the manifest lacks."""
    ignored = StaticFilesConfig.ignore_patterns
    names = {name for finder in get_finders() for name, _storage in finder.list(ignored)}
    return sorted(names - manifest.keys())
