"""The server's addresses as in development, with media."""

from django.urls import path

from config.urls import urlpatterns as served
from users.views import media

urlpatterns = [*served, path("media/<path:path>", media)]
