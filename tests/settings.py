"""Production's settings, but for keys, hashing speed and the database.

``DATABASE_URL`` is honoured, so that the same tests run on any database.
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
        "HTTPS_ONLY": "0",
    }
)
os.environ.setdefault("DATABASE_URL", "sqlite:///:memory:")

from config.settings import *  # noqa: F403 - reads the environment set above

STATIC_ROOT = None  # type: ignore[assignment]  # WhiteNoise looks into the apps instead
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True  # looks when asked: each test client would list every file first
STORAGES["staticfiles"] = {"BACKEND": STATICFILES_STORAGE}  # noqa: F405 - nobody collects them
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405 - none may outlive the test database
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
