"""The URL configuration of development, which serves media files."""

from django.urls import path

from config.urls import urlpatterns as production_urlpatterns
from users.views import media

urlpatterns = [*production_urlpatterns, path("media/<path:path>", media)]
