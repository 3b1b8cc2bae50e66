"""What our access tokens promise, for the peers to promise it as well.

A token is good for as long as its sign-in is: signing out, a new password and a
disabled account end it at once.
"""

from django.db.models import Exists, OuterRef

from users.models import RefreshToken, User


def owner(sign_in: str, **who: object) -> User | None:
    """The account that is this one, if its sign-in is not ended; one statement."""
    live = RefreshToken.objects.live().filter(user=OuterRef("pk"), family=sign_in)
    return User.objects.filter(Exists(live), is_active=True, **who).get_or_none()
