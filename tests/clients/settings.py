"""The settings of the client tests, where they differ from those of the other tests.

Media files are served, only errors are logged, email addresses must be verified, and emails are
written to ``EMAIL_FILE_PATH`` at once. Their links lead to pages of the example front end.
"""

import os

from tests.settings import *  # noqa: F403 - all settings except those below
from tests.settings import IMMEDIATE_BACKEND, LOGGING, TASKS

ROOT_URLCONF = "tests.support.media_urls"
LOGGING["handlers"]["stderr"]["level"] = "ERROR"
EMAIL_VERIFICATION_REQUIRED = True
MAX_OPEN_APPOINTMENTS = 5
TASKS["default"]["BACKEND"] = IMMEDIATE_BACKEND
EMAIL_BACKEND = "config.email_files.EmailBackend"
EMAIL_FILE_PATH = os.environ["EMAIL_FILE_PATH"]
FRONT_END = "http://front-end.test/"  # the tests replace it, because their port is not known yet
EMAIL_VERIFICATION_URL = f"{FRONT_END}#/verify-email/{{token}}"
PASSWORD_RESET_URL = INVITATION_URL = f"{FRONT_END}#/choose-password/{{token}}"
