"""The tests' settings; pictures served as development's server does, and only errors logged."""

from tests.settings import *  # noqa: F403 - all but what follows
from tests.settings import LOGGING

ROOT_URLCONF = "tests.support.media_urls"
LOGGING["handlers"]["stderr"]["level"] = "ERROR"  # type: ignore[index]  # a nested dict
