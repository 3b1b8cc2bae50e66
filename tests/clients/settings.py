"""The settings of the client tests: media files are served, and only errors are logged."""

from tests.settings import *  # noqa: F403 - all settings except those below
from tests.settings import LOGGING

ROOT_URLCONF = "tests.support.media_urls"
LOGGING["handlers"]["stderr"]["level"] = "ERROR"
