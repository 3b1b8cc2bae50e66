"""The session check of our access tokens, which the peers make as well.

A token is valid while its session is: signing out, a new password and disabling the account end it.
"""

from django.db.models import Exists, OuterRef

from users.models import RefreshToken, User


def session_user(session: str, **lookup: object) -> User | None:
    """Return the user that matches ``lookup`` if the session is live, in one SQL statement."""
    live = RefreshToken.objects.live().filter(user=OuterRef("pk"), family=session)
    return User.objects.filter(Exists(live), is_active=True, **lookup).get_or_none()
