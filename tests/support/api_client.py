"""A GraphQL client based on Django's test client: HTTP semantics without a network."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.contract.documents import document_of, operation_names
from users.authentication import refresh_tokens
from users.models import User

GraphQLResult = dict[str, Any]


class Api:
    """A client that sends operations when called; see ``__call__``."""

    def __init__(self) -> None:
        self.client = Client()

    def __call__(
        self,
        document: str,
        variables: Mapping[str, object] | None = None,
        *,
        user: User | None = None,
        token: str | None = None,
        operation: str | None = None,
    ) -> GraphQLResult:
        """Post ``document``: a text, or the name of an operation of the contract.

        ``user``: the signed-in user, or ``token``: the token in the Authorization header.
        ``operation``: the ``operationName``. Returns the JSON of the response without
        ``extensions``, which contains the cost.
        """
        if user is not None:
            token = refresh_tokens.start(user).access_token
        if document in operation_names():
            document = document_of(document)
        body = {"query": document, "variables": variables, "operationName": operation}
        headers = {"Authorization": f"JWT {token}"} if token else {}
        response = self.client.post(
            "/graphql/", body, content_type="application/json", headers=headers
        )
        result: GraphQLResult = response.json()
        result.pop("extensions", None)
        return result

    def upload(self, document: str, variable: str, content: bytes, *, token: str) -> GraphQLResult:
        """Send an operation with ``content`` as the file of its only variable."""
        form = {
            "operations": json.dumps(
                {"query": document_of(document), "variables": {variable: None}}
            ),
            "map": json.dumps({"0": [f"variables.{variable}"]}),
            "0": SimpleUploadedFile("picture", content),
        }
        headers = {"Authorization": f"JWT {token}", "Apollo-Require-Preflight": "true"}
        result: GraphQLResult = self.client.post("/graphql/", form, headers=headers).json()
        return result


def sign_in(api: Api, email: str, password: str) -> GraphQLResult:
    """Sign in and return the whole result."""
    return api("TokenAuth", {"email": email, "password": password})
