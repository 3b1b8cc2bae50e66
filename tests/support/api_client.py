"""A GraphQL client over Django's test client: real HTTP semantics, no socket."""

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
    """Call it to send an operation; see ``__call__``."""

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
        """Post ``document``, a text or the name of one of the contract's operations.

        Signed in as ``user``, or with ``token`` in the Authorization header;
        ``operation`` is the ``operationName``. Returns the JSON of the answer,
        less ``extensions``, which tells the cost.
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
        answer: GraphQLResult = response.json()
        answer.pop("extensions", None)
        return answer

    def upload(self, document: str, variable: str, content: bytes, *, token: str) -> GraphQLResult:
        """Send an operation with ``content`` as the file of its one variable."""
        form = {
            "operations": json.dumps(
                {"query": document_of(document), "variables": {variable: None}}
            ),
            "map": json.dumps({"0": [f"variables.{variable}"]}),
            "0": SimpleUploadedFile("picture", content),
        }
        headers = {"Authorization": f"JWT {token}", "Apollo-Require-Preflight": "true"}
        answer: GraphQLResult = self.client.post("/graphql/", form, headers=headers).json()
        return answer


def sign_in(api: Api, email: str, password: str) -> GraphQLResult:
    """The whole answer to a try at signing in."""
    return api("TokenAuth", {"email": email, "password": password})
