"""Settings, from the environment; production unless DEBUG says otherwise."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def refuse(message: str) -> NoReturn:
    """Stop the start with one line that names what is wrong."""
    sys.exit(f"CyberMed cannot start: {message}")


DEBUG = env.bool("DEBUG", default=False)
DEVELOPMENT_KEY = "development-only-" * 4 if DEBUG else environ.Env.NOTSET
try:
    SECRET_KEY = env.str("SECRET_KEY", default=DEVELOPMENT_KEY)
    JWT_SECRET = env.str("JWT_SECRET", default=DEVELOPMENT_KEY)
except ImproperlyConfigured as error:
    refuse(str(error))
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG else [])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_use_email_as_username",
    "phonenumber_field",
    "django_guid",
    "strawberry_django",
    "users",
    "clinic",
    "schema",
]
MIDDLEWARE = [
    "django_guid.middleware.guid_middleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "users.middleware.token_user_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "users.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
DJANGO_GUID = {"GUID_HEADER_NAME": "X-Request-ID"}
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Berlin")
STATIC_URL = "static/"
MEDIA_URL = "media/"
MEDIA_ROOT = BASE_DIR / "media"

# Signing in: minutes an access token lives, days a refresh token does.
JWT_ACCESS_MINUTES = env.int("JWT_ACCESS_MINUTES", default=15)
JWT_REFRESH_DAYS = env.int("JWT_REFRESH_DAYS", default=14)
GRAPHQL_JWT = {
    "JWT_ALGORITHM": "HS256",
    "JWT_SECRET_KEY": JWT_SECRET,
    "JWT_VERIFY_EXPIRATION": True,
    "JWT_EXPIRATION_DELTA": timedelta(minutes=JWT_ACCESS_MINUTES),
    "JWT_REFRESH_EXPIRATION_DELTA": timedelta(days=JWT_REFRESH_DAYS),
    "JWT_PAYLOAD_HANDLER": "users.tokens.payload_of",
    "JWT_DECODE_HANDLER": "users.tokens.decode_strictly",
}

PASSWORD_RESET_TIMEOUT = 60 * env.int("PASSWORD_RESET_MINUTES", default=60)
# Where the front end takes the new password; {token} stands for the token.
PASSWORD_RESET_URL = env.str("PASSWORD_RESET_URL", default="")
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="clinic@localhost")

# The clinic's rules (design: time).
LEAD_TIME_MINUTES = env.int("LEAD_TIME_MINUTES", default=0)
HORIZON_DAYS = env.int("HORIZON_DAYS", default=365)
DOCTOR_APPROVAL_REQUIRED = env.bool("DOCTOR_APPROVAL_REQUIRED", default=not DEBUG)
PHONENUMBER_DEFAULT_REGION = env.str("PHONENUMBER_DEFAULT_REGION", default="DE")
