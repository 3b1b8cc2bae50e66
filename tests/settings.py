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
    }
)
os.environ.setdefault("DATABASE_URL", "sqlite:///:memory:")

from config.settings import *  # noqa: F403 - reads the environment set above

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
