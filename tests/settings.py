"""Production settings with fixed keys, a fast password hasher and an SQLite database in memory.

``DATABASE_URL`` overrides the database, so that the same tests run on any of them.
"""

import os

os.environ.update(
    {
        "DEBUG": "0",
        "SECRET_KEY": "a-key-for-tests-only-" * 3,
        "JWT_SECRET": "another-key-for-tests-only-" * 3,
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "TIME_ZONE": "Europe/Berlin",
        "LEAD_TIME_MINUTES": "0",
        "HORIZON_DAYS": "365",
        "DOCTOR_APPROVAL_REQUIRED": "1",
        "EMAIL_URL": "memorymail://",
        # Tests of these two switch them on.
        "EMAIL_VERIFICATION_REQUIRED": "0",
        "MAX_OPEN_APPOINTMENTS": "0",
        # Otherwise a slow machine uses up the minute of an account, which never ends.
        "MAX_COST_PER_MINUTE": "1000000000",
        "HTTPS_ONLY": "0",
        "STAFF_OTP_REQUIRED": "0",
    }
)
os.environ.setdefault("DATABASE_URL", "sqlite:///:memory:")

from config.settings import *  # noqa: F403 - reads the environment set above

STATIC_ROOT = None  # type: ignore[assignment]  # WhiteNoise serves files from the apps instead
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True  # otherwise each test client lists all files first
STORAGES["staticfiles"] = {"BACKEND": STATICFILES_STORAGE}  # noqa: F405 - no files are collected
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405 - an open connection prevents dropping the test database
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
REJECTED_LOGIN_SECONDS = 0.0
AVATAR_TIMEOUT_SECONDS = 10 * 60  # for slow machines
ADMIN_IDLE_SECONDS = SESSION_COOKIE_AGE = 365 * 24 * 60 * 60  # tests move the clock by days
