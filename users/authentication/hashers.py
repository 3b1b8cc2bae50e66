"""The hash of new passwords."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class OwaspArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id with the parameters that OWASP recommends.

    Django's own take 100 MiB for each password, which 10 concurrent logins multiply. Source:
    OWASP Password Storage Cheat Sheet.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
