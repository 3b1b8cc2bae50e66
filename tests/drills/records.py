"""Print how many access records there are of each operation."""

import json
import sys
from collections import Counter
from collections.abc import Sequence

from clinic.models import AccessRecord


def main(_arguments: Sequence[str]) -> None:
    json.dump(Counter(AccessRecord.objects.values_list("operation", flat=True)), sys.stdout)
