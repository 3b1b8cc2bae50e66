"""The admin of accounts. Django's autodiscovery imports it."""

# Importing the module replaces the admin site's login form.
from users.admin import users

__all__ = ["users"]
