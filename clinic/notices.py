"""Old import paths of the notification tasks, kept for one release.

The queue stores a task by its import path. Tasks that were enqueued before the module
moved would fail with an ImportError without these names. Remove this module in 0.3.0.
"""

from clinic.notifications.tasks import notify_parties as tell_both_sides
from clinic.notifications.tasks import send_notification as deliver

__all__ = ["deliver", "tell_both_sides"]
