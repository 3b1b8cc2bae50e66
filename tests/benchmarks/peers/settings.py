"""The settings of the server with another API, which the environment variable ``PEER`` names.

Middleware, database and domain layer are the same. Apps that a peer does not use are left out,
because our schema's objects would slow down its garbage collector.
"""

from datetime import timedelta

from config import environment
from config.settings import *  # noqa: F403 - all but what follows
from config.settings import INSTALLED_APPS as OURS
from config.settings import JWT_ACCESS_MINUTES, JWT_SECRET

PEER = environment.choice("PEER", default="rest", among={"rest", "stock", "view"})
ROOT_URLCONF = f"tests.benchmarks.peers.{PEER}"
INSTALLED_APPS = [
    app for app in OURS if app != "schema" and (app != "strawberry_django" or PEER == "stock")
] + ["rest_framework"] * (PEER == "rest")
ACCESS = timedelta(minutes=JWT_ACCESS_MINUTES)
# Our middleware ignores this scheme; with ``Bearer`` it would decode each token as well.
SCHEME = "Token"
TOKENS = "tests.benchmarks.peers.rest_authentication"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [f"{TOKENS}.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": ACCESS,
    "AUTH_HEADER_TYPES": (SCHEME,),
    "SIGNING_KEY": JWT_SECRET,
    "TOKEN_OBTAIN_SERIALIZER": f"{TOKENS}.SessionTokenSerializer",
}
if PEER == "stock":
    GRAPHQL_JWT = {
        "JWT_AUTH_HEADER_PREFIX": SCHEME,
        "JWT_EXPIRATION_DELTA": ACCESS,
        "JWT_SECRET_KEY": JWT_SECRET,
        "JWT_VERIFY_EXPIRATION": True,
    }
