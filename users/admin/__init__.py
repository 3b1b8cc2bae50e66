"""Admin of user accounts. ``clinic/admin/users.py`` registers it with the audit log added."""
