"""Django settings, read from environment variables. Defaults are for production unless DEBUG.

``config/environment.py`` parses the variables and stops the start at an invalid one.
"""

import os
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF

from config import (
    clinic_settings,
    databases,
    environment,
    media_settings,
    password_rules,
    redis_connection,
)
from config.clinic_settings import *  # noqa: F403 - Django reads all settings from this module
from config.http import cors_headers
from config.logging.configuration import logging_configuration

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = environment.flag("DEBUG", default=False)
DEVELOPMENT_KEY = "a-key-for-development-only-" * 2 if DEBUG else None
SECRET_KEY = environment.secret("SECRET_KEY", minimum_bytes=32, default=DEVELOPMENT_KEY)
# Keys that were replaced. What was signed with them is still accepted.
SECRET_KEY_FALLBACKS = environment.secrets("SECRET_KEY_FALLBACKS", minimum_bytes=32)
ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS", default=["*"] if DEBUG else [])
if not ALLOWED_HOSTS:
    environment.abort_startup("ALLOWED_HOSTS", "must be set to the host names of this server")

INSTALLED_APPS = [
    "config.apps.ClinicAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_use_email_as_username",
    "phonenumber_field",
    "corsheaders",
    "csp",
    "django_guid",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "health_check",
    "django_tasks",
    "django_tasks_db",
    "strawberry_django",
    "users",
    "clinic",
    "schema",
    "config",
]
MIDDLEWARE = [
    "config.http.request_ids.request_ids_middleware",
    "django_guid.middleware.guid_middleware",
    "config.logging.request_log.request_log_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.http.content_security_policy.ContentSecurityPolicyMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.http.page_middleware.PageSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.http.page_middleware.PageUserMiddleware",
    "users.authentication.admin_sessions.AdminSessionMiddleware",
    "users.authentication.middleware.token_user_middleware",
    "config.http.page_middleware.PageMessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "clinic.admin.base.middleware.RejectNullBytesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],  # found before those of Django's admin
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

# Requests that one ASGI process handles at the same time, each in a thread with its own database
# connection. Further requests wait (config/http/asgi_handler.py).
MAX_CONCURRENT_REQUESTS = environment.integer(
    "MAX_CONCURRENT_REQUESTS", default=10, minimum=1, maximum=200
)
# Databases, caches and files.
DATABASE = environment.database_url("DATABASE_URL", default="sqlite:///db.sqlite3")
environment.require_database_driver("DATABASE_URL", DATABASE["ENGINE"])
# A row that stays locked must not hold many requests, and with them all threads of the server.
LOCK_TIMEOUT_SECONDS = environment.integer(
    "LOCK_TIMEOUT_SECONDS", default=5, minimum=1, maximum=60 * 60
)
DATABASE_POOLED = environment.flag("DATABASE_POOLED", default=False)  # by PgBouncer or another
DATABASES = {
    "default": databases.build_database_settings(
        DATABASE,
        base_dir=BASE_DIR,
        lock_seconds=LOCK_TIMEOUT_SECONDS,
        statement_seconds=environment.integer(
            "STATEMENT_TIMEOUT_SECONDS", default=30, minimum=0, maximum=24 * 60 * 60
        ),
        is_pooled=DATABASE_POOLED,
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Every request uses the cache, so a Redis that does not answer must not block one for long. After a
# failure, requests do not wait at all (config/redis_cache.py).
CACHE_TIMEOUTS = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}  # seconds
CACHE = environment.cache_url("CACHE_URL", default="locmemcache://", redis=CACHE_TIMEOUTS)
# Anonymous clients can store persisted documents. In local memory they have a cache of their
# own, so that they cannot evict the rate limiter's counters.
DOCUMENTS_LOCATION = {"LOCATION": "documents"} if CACHE["BACKEND"].endswith("LocMemCache") else {}
# VERSION: earlier releases also stored documents with string literals, which can be passwords.
DOCUMENTS = {**CACHE, **DOCUMENTS_LOCATION, "KEY_PREFIX": "documents", "VERSION": 2}
CACHES = {"default": CACHE, "documents": DOCUMENTS}
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static-collected"
# In production the web server that serves it must send `X-Content-Type-Options: nosniff`.
MEDIA_URL = environment.text("MEDIA_URL", default="/media/")
MEDIA_ROOT = Path(environment.text("MEDIA_ROOT", default=str(BASE_DIR / "media")))
STATICFILES_STORAGE = "django.contrib.staticfiles.storage.StaticFilesStorage"
HASHED_STATICFILES_STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": media_settings.storage(),
    "staticfiles": {"BACKEND": STATICFILES_STORAGE if DEBUG else HASHED_STATICFILES_STORAGE},
}

# Accounts and tokens. The JWT settings are the lifetimes of access tokens and refresh tokens.
AUTH_USER_MODEL = "users.User"
AUTH_PASSWORD_VALIDATORS = password_rules.VALIDATORS
JWT_SECRET = environment.secret("JWT_SECRET", minimum_bytes=32, default=DEVELOPMENT_KEY)
JWT_SECRET_FALLBACKS = environment.secrets("JWT_SECRET_FALLBACKS", minimum_bytes=32)
JWT_ACCESS_MINUTES = environment.integer("JWT_ACCESS_MINUTES", default=15, minimum=1, maximum=1440)
JWT_REFRESH_DAYS = environment.integer("JWT_REFRESH_DAYS", default=14, minimum=1, maximum=365)
# The lifetime of a session, counted from its sign-in. Renewing its tokens does not extend it.
JWT_FAMILY_DAYS = environment.integer("JWT_FAMILY_DAYS", default=90, minimum=1, maximum=3650)
GRAPHQL_JWT = {
    "JWT_ALGORITHM": "HS256",
    "JWT_SECRET_KEY": JWT_SECRET,
    "JWT_VERIFY_EXPIRATION": True,
    "JWT_EXPIRATION_DELTA": timedelta(minutes=JWT_ACCESS_MINUTES),
    "JWT_REFRESH_EXPIRATION_DELTA": timedelta(days=JWT_REFRESH_DAYS),
}
# The first one hashes new passwords, and replaces the hashes of the others at the next sign-in.
PASSWORD_HASHERS = [
    "users.authentication.hashers.OwaspArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
# How long a rejected sign-in takes. Longer than the slowest hash above takes on this machine.
REJECTED_LOGIN_SECONDS = (
    environment.integer("REJECTED_LOGIN_MILLISECONDS", default=500, minimum=0, maximum=10_000)
    / 1000
)
# Staff sign in with a second factor. OTP_*: login_protection and rate limits count wrong codes;
# with django-otp's own count, anyone who knows the password could lock the owner out for days.
STAFF_OTP_REQUIRED = environment.flag("STAFF_OTP_REQUIRED", default=not DEBUG)
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0
AUTHENTICATION_BACKENDS = ["users.authentication.backends.EmailBackend"]
PASSWORD_RESET_TIMEOUT = 60 * environment.integer(
    "PASSWORD_RESET_MINUTES", default=60, minimum=1, maximum=7 * 24 * 60
)
# Pages of the front end to which links in emails lead; {token} is replaced by the token of the
# link. Without them the links lead to pages of this server.
PASSWORD_RESET_URL = environment.link("PASSWORD_RESET_URL", placeholder="{token}")
EMAIL_VERIFICATION_URL = environment.link("EMAIL_VERIFICATION_URL", placeholder="{token}")
INVITATION_URL = environment.link("INVITATION_URL", placeholder="{token}")
# Until the owner of an address has used a link that was sent to it, nothing but such links is
# sent to it, and its account cannot book.
EMAIL_VERIFICATION_REQUIRED = environment.flag("EMAIL_VERIFICATION_REQUIRED", default=not DEBUG)
EMAIL_FILE_PATH = ""  # the directory for config/email_files.py; set by a filemail:// URL
vars().update(
    environment.email_url(
        "EMAIL_URL", default="filemail:///sent-emails" if DEBUG else "smtp://localhost:25"
    )
)
EMAIL_TIMEOUT = 30  # seconds; an SMTP server that does not answer must not block the worker
DEFAULT_FROM_EMAIL = environment.sender("DEFAULT_FROM_EMAIL", default="clinic@localhost")
# Background tasks run immediately in development; ``manage.py db_worker`` runs them in production.
IMMEDIATE_BACKEND = "users.common.task_queue.AfterCommitBackend"
DATABASE_BACKEND = "django_tasks_db.backend.DatabaseBackend"
TASKS = {"default": {"BACKEND": IMMEDIATE_BACKEND if DEBUG else DATABASE_BACKEND}}

# HTTPS, cookies, CORS and the content security policy.
HTTPS_ONLY = environment.flag("HTTPS_ONLY", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS_ONLY
# Health probes and Prometheus use plain HTTP inside the network.
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS_ONLY
SECURE_HSTS_PRELOAD = HTTPS_ONLY
SESSION_COOKIE_SECURE = HTTPS_ONLY
CSRF_COOKIE_SECURE = HTTPS_ONLY
# Sessions of the admin end SESSION_COOKIE_AGE seconds after the sign-in, and after
# ADMIN_IDLE_SECONDS without a request.
SESSION_COOKIE_AGE = (
    60 * 60 * environment.integer("ADMIN_SESSION_HOURS", default=12, minimum=1, maximum=24 * 14)
)
ADMIN_IDLE_SECONDS = 60 * environment.integer(
    "ADMIN_IDLE_MINUTES", default=30, minimum=1, maximum=24 * 60
)
if environment.flag("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Where links in emails find this server. Never taken from a request, whose Host header anybody
# can choose.
PUBLIC_URL = environment.origin(
    "PUBLIC_URL", default=environment.first_origin(ALLOWED_HOSTS, is_https=HTTPS_ONLY)
)
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = environment.origins("CSRF_TRUSTED_ORIGINS")
CORS_ALLOWED_ORIGINS = environment.origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/graphql/?$"
CORS_ALLOW_HEADERS = (*cors_headers.ALLOWED, *environment.header_names("CORS_ALLOW_HEADERS"))
CORS_EXPOSE_HEADERS = ("X-Request-ID",)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Live updates over WebSockets (config/asgi.py). Without Redis they reach clients of the same
# process only.
REDIS_URL = environment.redis_url("REDIS_URL")
CHANNEL_LAYERS = redis_connection.channel_layers(REDIS_URL)
# The longest time between two checks of an open WebSocket's access token.
SOCKET_RECHECK_SECONDS = environment.integer(
    "SOCKET_RECHECK_SECONDS", default=30, minimum=1, maximum=3600
)

# If set, the server runs only these documents: docs/api/persisted-documents.md.
TRUSTED_DOCUMENTS = environment.documents("TRUSTED_DOCUMENTS")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # bytes of a body without files
AVATAR_TIMEOUT_SECONDS = 30  # for processing one picture
# The highest cost of one operation: the number of fields it can return, rows times columns.
MAX_QUERY_COST = environment.integer("MAX_QUERY_COST", default=5_000, minimum=100, maximum=10**6)
# What an account can spend in a minute, in 10 microseconds of computing time: 7 % of one core, so
# that a dozen accounts that spend all of it leave half of two cores to the others.
MAX_COST_PER_MINUTE = environment.integer(
    "MAX_COST_PER_MINUTE", default=420_000, minimum=10_000, maximum=10**9
)
# Operations are executed by plans (schema/execution). Off: by graphql-core, with the same results.
PLANNED_EXECUTION = environment.flag("PLANNED_EXECUTION", default=True)
# Rate limits. Clients are identified by IP address, behind a trusted proxy by X-Forwarded-For.
TRUSTED_PROXIES = environment.networks("TRUSTED_PROXIES")
RATE_LIMIT_ENABLED = RATELIMIT_ENABLE = environment.flag("RATE_LIMIT_ENABLED", default=True)

# Logging.
# Validated by config/http/request_ids.py, because django-guid would accept UUIDs only.
DJANGO_GUID = {
    "GUID_HEADER_NAME": "X-Request-ID",
    "VALIDATE_GUID": False,
    "EXPOSE_HEADER": False,
}
LOG_FORMAT = environment.choice(
    "LOG_FORMAT", default="line" if DEBUG else "json", among={"json", "line"}
)
LOG_LEVEL = environment.choice(
    "LOG_LEVEL", default="INFO", among={"DEBUG", "INFO", "WARNING", "ERROR"}
)
LOGGING = logging_configuration(log_format=LOG_FORMAT, level=LOG_LEVEL)
# Statements that take longer are logged, without their values. 0: none.
SLOW_QUERY_MILLISECONDS = environment.integer(
    "SLOW_QUERY_MILLISECONDS", default=500, minimum=0, maximum=60 * 60 * 1000
)
# Metrics: without a token, /metrics responds 404. Several are accepted, so that one can replace
# another. prometheus_client reads the folder from the environment itself.
METRICS_TOKENS = environment.secrets("METRICS_TOKEN", minimum_bytes=32)
PROMETHEUS_MULTIPROC_DIR = environment.text("PROMETHEUS_MULTIPROC_DIR", default="")
if not PROMETHEUS_MULTIPROC_DIR:
    # It would write files into the working directory if the variable is set, but empty.
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
elif not os.access(PROMETHEUS_MULTIPROC_DIR, os.R_OK | os.W_OK | os.X_OK):
    environment.abort_startup("PROMETHEUS_MULTIPROC_DIR", "must be a folder that exists")

# The clinic; config/clinic_settings.py has the others.
USE_TZ = True
OTP_TOTP_ISSUER = clinic_settings.CLINIC_NAME
DOCTOR_APPROVAL_REQUIRED = environment.flag("DOCTOR_APPROVAL_REQUIRED", default=not DEBUG)
