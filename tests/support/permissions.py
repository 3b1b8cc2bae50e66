"""Grant Django permissions to accounts."""

from django.contrib.auth.models import Permission

from users.models import User


def grant(user: User, *codenames: str) -> User:
    """Give permissions of the app ``clinic``; return the user without cached permissions."""
    user.user_permissions.add(
        *Permission.objects.filter(content_type__app_label="clinic", codename__in=codenames)
    )
    granted: User = User.objects.get(pk=user.pk)
    return granted
