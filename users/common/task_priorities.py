"""Priorities of background tasks: a worker runs those of the highest one first."""

# Emails that somebody waits for, such as a link to set a new password.
URGENT = 50
# Many at once, for which minutes make no difference: reminders and digests.
BULK = -50
