"""Production settings for a live server without collected static files."""

from config.settings import *  # noqa: F403 - all but what follows
from config.settings import CACHES, STATICFILES_STORAGE, STORAGES

STATIC_ROOT = None  # type: ignore[assignment]  # WhiteNoise serves files from the apps instead
WHITENOISE_USE_FINDERS = True
STORAGES["staticfiles"] = {"BACKEND": STATICFILES_STORAGE}

# In the database, where the tests look for data of patients. Production does not allow it.
CACHES = {
    name: {
        **cache,
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {},
    }
    for name, cache in CACHES.items()
}
