"""axe-core, which finds what is not accessible on a page.

``make client-tools`` installs it by the lock file of the example front end.
"""

import os
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[1] / "clients/web/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async ([type, values]) => {
    const found = await axe.run(document, {
        runOnly: {type, values},
        resultTypes: ["violations"],
        preload: false,  // the rules that need it are about media and foreign style sheets
    });
    return found.violations.flatMap(({id, nodes}) =>
        nodes.map(({html, target}) => [id, target.flat().join(" "), html]));
}"""


class Finding(NamedTuple):
    """A violation: the rule of axe, the selector of the element, and its HTML."""

    rule: str
    selector: str
    html: str


@pytest.fixture(scope="session")
def axe_script() -> str:
    """The source of axe-core; without it the test is skipped, or fails if REQUIRE_BROWSER=1."""
    if not SCRIPT.exists():
        missing = "axe-core is left out: `make client-tools` installs it and needs Node.js"
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip)(missing)
    return SCRIPT.read_text(encoding="utf-8")


def findings(page: Page, script: str, rules: list[str] | None = None) -> list[Finding]:
    """Run axe against WCAG 2.2, levels A and AA, and its best practices, or only ``rules``."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(script)
    only = ["rule", rules] if rules else ["tag", TAGS]
    return [Finding(*found) for found in page.evaluate(RUN, only)]
