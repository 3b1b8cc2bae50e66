"""The calendar of the admin: day, week and month, and what staff do in it.

The page loads JSON feeds, and posts each action. Both call the functions that the API and the other
pages of the admin call. The page itself is built from ``clinic/calendar_page``.
"""
