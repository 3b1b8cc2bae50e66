"""URL configuration."""

from django.conf import settings
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path, re_path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from clinic.calendars.views import calendar_feed
from config.http import health
from config.http.metrics import metrics_page
from schema.schema import schema
from schema.transport.views import GraphQLView
from users import account_pages
from users.views import media

urlpatterns = [
    # With or without the final slash: a redirect would drop the body of a POST.
    re_path(r"^graphql/?$", GraphQLView.as_view(schema=schema), name="graphql"),
    path("admin/", admin.site.urls),
    path("account/", include(account_pages)),
    path("calendar/<str:token>.ics", calendar_feed, name="calendar_feed"),
    path("healthz", health.liveness),
    path("readyz", health.readiness),
    path("metrics", metrics_page),
    # Admin pages do not link an icon, so browsers request this URL.
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("schema/graphiql/icon.svg"))),
    path("", RedirectView.as_view(url="/graphql/")),
]
if settings.DEBUG and settings.MEDIA_URL.startswith("/"):
    urlpatterns.append(path(f"{settings.MEDIA_URL.strip('/')}/<path:path>", media))
