"""Mark the fields that are only computed from what their object has loaded."""

from typing import Any

# The key in the metadata of a field whose resolver sends no SQL and changes nothing. A plan can
# compute it before the fields that stand before it; another one could send SQL that graphql-core,
# which stops at the first error, would not send.
COMPUTED_KEY = "cybermed-computed"
COMPUTED: dict[Any, Any] = {COMPUTED_KEY: True}
