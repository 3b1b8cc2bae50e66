"""Which rules passwords must meet: Django's, for the hashed form of a password, and ours."""

DJANGO_VALIDATORS = (
    "UserAttributeSimilarityValidator",
    "MinimumLengthValidator",
    "CommonPasswordValidator",
    "NumericPasswordValidator",
)
VALIDATORS = [
    *(
        {
            "NAME": "users.password_validation.NormalizedValidator",
            "OPTIONS": {"validator": f"django.contrib.auth.password_validation.{name}"},
        }
        for name in DJANGO_VALIDATORS
    ),
    {"NAME": "users.password_validation.VisiblePasswordValidator"},
]
