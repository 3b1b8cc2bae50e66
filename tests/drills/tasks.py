"""Print name, status and number of attempts of each task in the queue, oldest first."""

import json
import sys
from collections.abc import Sequence

from tests.support.task_worker import queue


def main(_arguments: Sequence[str]) -> None:
    json.dump(queue(), sys.stdout)
