"""Settings, from the environment; production's unless DEBUG says otherwise.

``config/environment.py`` reads the variables and stops the start at a wrong one.
"""

from datetime import timedelta
from pathlib import Path

from corsheaders.defaults import default_headers
from csp.constants import NONE, SELF
from phonenumbers import SUPPORTED_REGIONS

from config import databases, environment

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = environment.flag("DEBUG", default=False)
DEVELOPMENT_KEY = "a-key-for-development-only-" * 2 if DEBUG else None
SECRET_KEY = environment.secret("SECRET_KEY", minimum_bytes=32, default=DEVELOPMENT_KEY)
ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS", default=["*"] if DEBUG else [])
if not ALLOWED_HOSTS:
    environment.refuse("ALLOWED_HOSTS", "must be set, to the host names the server answers to")

INSTALLED_APPS = [
    "django.contrib.admin",
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
    "axes",
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
    "django_guid.middleware.guid_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "users.authentication.middleware.token_user_middleware",
    "config.logging.request_log.request_log_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "clinic.admin.base.middleware.RejectNullBytesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
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

# What is kept, and where.
DATABASES = {
    "default": databases.tuned(
        environment.database_url("DATABASE_URL", default="sqlite:///db.sqlite3"),
        base_dir=BASE_DIR,
        statement_seconds=environment.integer(
            "STATEMENT_TIMEOUT_SECONDS", default=30, minimum=0, maximum=24 * 60 * 60
        ),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Every request asks the cache, and a server that is away must not hold it up.
REDIS_PATIENCE = {"socket_connect_timeout": 2, "socket_timeout": 5}  # seconds
CACHE = environment.cache_url("CACHE_URL", default="locmemcache://", redis=REDIS_PATIENCE)
# What strangers have kept must not push out what counts their tries.
DOCUMENTS_APART = {"LOCATION": "documents"} if CACHE["BACKEND"].endswith("LocMemCache") else {}
CACHES = {"default": CACHE, "documents": {**CACHE, **DOCUMENTS_APART, "KEY_PREFIX": "documents"}}
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static-collected"
# In production whoever serves this must send `X-Content-Type-Options: nosniff`.
MEDIA_URL = environment.text("MEDIA_URL", default="/media/")
MEDIA_ROOT = Path(environment.text("MEDIA_ROOT", default=str(BASE_DIR / "media")))
HASHED_STATIC_FILES = "whitenoise.storage.CompressedManifestStaticFilesStorage"
PLAIN_STATIC_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": PLAIN_STATIC_FILES if DEBUG else HASHED_STATIC_FILES},
}

# Signing in: minutes an access token lives, days a refresh token does.
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
JWT_SECRET = environment.secret("JWT_SECRET", minimum_bytes=32, default=DEVELOPMENT_KEY)
JWT_ACCESS_MINUTES = environment.integer(
    "JWT_ACCESS_MINUTES", default=15, minimum=1, maximum=24 * 60
)
JWT_REFRESH_DAYS = environment.integer("JWT_REFRESH_DAYS", default=14, minimum=1, maximum=365)
GRAPHQL_JWT = {
    "JWT_ALGORITHM": "HS256",
    "JWT_SECRET_KEY": JWT_SECRET,
    "JWT_VERIFY_EXPIRATION": True,
    "JWT_EXPIRATION_DELTA": timedelta(minutes=JWT_ACCESS_MINUTES),
    "JWT_REFRESH_EXPIRATION_DELTA": timedelta(days=JWT_REFRESH_DAYS),
    "JWT_PAYLOAD_HANDLER": "users.authentication.access_tokens.payload_of",
    "JWT_DECODE_HANDLER": "users.authentication.access_tokens.decode_strictly",
}
AUTHENTICATION_BACKENDS = [
    "users.authentication.login_protection.LoginProtectionBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_RESET_TIMEOUT = 60 * environment.integer(
    "PASSWORD_RESET_MINUTES", default=60, minimum=1, maximum=7 * 24 * 60
)
# Where the front end takes the new password; {token} stands for the token.
PASSWORD_RESET_URL = environment.text("PASSWORD_RESET_URL", default="")
vars().update(
    environment.email_url("EMAIL_URL", default="consolemail://" if DEBUG else "smtp://localhost:25")
)
EMAIL_TIMEOUT = 30  # seconds: a mail server that does not answer must not hold the worker
DEFAULT_FROM_EMAIL = environment.line("DEFAULT_FROM_EMAIL", default="clinic@localhost")
# In production ``manage.py db_worker`` works the queue off.
AT_ONCE = "users.common.task_queue.AfterCommitBackend"
FROM_THE_DATABASE = "django_tasks_db.backend.DatabaseBackend"
TASKS = {"default": {"BACKEND": AT_ONCE if DEBUG else FROM_THE_DATABASE}}

# Who may reach the server, and how.
HTTPS_ONLY = environment.flag("HTTPS_ONLY", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]  # probes come by plain HTTP
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS_ONLY
SECURE_HSTS_PRELOAD = HTTPS_ONLY
SESSION_COOKIE_SECURE = HTTPS_ONLY
CSRF_COOKIE_SECURE = HTTPS_ONLY
if environment.flag("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = environment.origins("CSRF_TRUSTED_ORIGINS")
CORS_ALLOWED_ORIGINS = environment.origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/graphql/?$"
CORS_ALLOW_HEADERS = (*default_headers, "apollo-require-preflight", "x-apollo-operation-name")
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

# Live updates, over WebSockets (config/asgi.py). Without Redis they stay within one process.
REDIS_URL = environment.redis_url("REDIS_URL")
# A connection that was cut while it was idle fails when it is used: then it is tried once more.
REDIS_HOST = {"address": REDIS_URL, "retry_on_timeout": True, **REDIS_PATIENCE}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [REDIS_HOST], "prefix": "cybermed"},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
# How often, at least, an open socket asks whether its token is still good.
SOCKET_RECHECK_SECONDS = environment.integer(
    "SOCKET_RECHECK_SECONDS", default=30, minimum=1, maximum=3600
)

# If set, nothing else is answered; see "Persisted and trusted documents" in README.md.
TRUSTED_DOCUMENTS = environment.documents("TRUSTED_DOCUMENTS")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # a body without files, in bytes
# How much is too much: the fields an answer may have, rows times columns.
MAX_QUERY_COST = environment.integer(
    "MAX_QUERY_COST", default=5_000, minimum=100, maximum=1_000_000
)
# How often is too often. Behind a proxy, clients are told apart by what it says.
TRUSTED_PROXIES = environment.networks("TRUSTED_PROXIES")
RATE_LIMIT_ENABLED = environment.flag("RATE_LIMIT_ENABLED", default=True)
RATELIMIT_ENABLE = RATE_LIMIT_ENABLED
AXES_ENABLED = RATE_LIMIT_ENABLED
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
SILENCED_SYSTEM_CHECKS = ["axes.W001"]  # cybermed.W001 knows when a cache is shared enough
AXES_ENABLE_ADMIN = False  # its tables stay empty: it counts in the cache
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_FAILURE_LIMIT = "users.authentication.login_protection.failure_limit"
AXES_USERNAME_CALLABLE = "users.authentication.login_protection.username_of"
AXES_CLIENT_IP_CALLABLE = "users.authentication.login_protection.client_key"
AXES_CLIENT_STR_CALLABLE = "users.authentication.login_protection.describe_client"

# What is told to whoever runs it.
DJANGO_GUID = {"GUID_HEADER_NAME": "X-Request-ID", "EXPOSE_HEADER": False}
LOG_FORMAT = environment.choice(
    "LOG_FORMAT", default="line" if DEBUG else "json", among={"json", "line"}
)
LOG_LEVEL = environment.choice(
    "LOG_LEVEL", default="INFO", among={"DEBUG", "INFO", "WARNING", "ERROR"}
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "django_guid.log_filters.CorrelationId"},
        "without_addresses": {"()": "config.logging.formatters.WithoutAddresses"},
    },
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(correlation_id)s] %(message)s"},
        "json": {"()": "config.logging.formatters.JsonFormatter"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["request_id", "without_addresses"],
            "formatter": LOG_FORMAT,
        }
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": []},  # the root's is enough; Django would say all of it twice
        "django_guid": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "uvicorn.access": {"level": "WARNING"},  # it quotes addresses; we log our own line
        "django.db.backends": {"level": "INFO"},  # its DEBUG quotes patients' data
    },
}

# The clinic: one place, one wall clock, and how early and late one books.
CLINIC_NAME = environment.line("CLINIC_NAME", default="CyberMed")
USE_TZ = True
TIME_ZONE = environment.time_zone("TIME_ZONE", default="Europe/Berlin")
LEAD_TIME_MINUTES = environment.integer(
    "LEAD_TIME_MINUTES", default=0, minimum=0, maximum=365 * 24 * 60
)
HORIZON_DAYS = environment.integer("HORIZON_DAYS", default=365, minimum=1, maximum=3650)
# How long before a visit its patient is reminded; 0: never.
REMINDER_HOURS = environment.integer("REMINDER_HOURS", default=24, minimum=0, maximum=14 * 24)
DOCTOR_APPROVAL_REQUIRED = environment.flag("DOCTOR_APPROVAL_REQUIRED", default=not DEBUG)
PHONENUMBER_DEFAULT_REGION = environment.choice(
    "PHONENUMBER_DEFAULT_REGION", default="DE", among=set(SUPPORTED_REGIONS)
)
