"""Pages by the rules of axe-core: WCAG 2.0 to 2.2 at A, AA and AAA, and best practices.

axe runs over the developer's protocol, so that the page's own policy stays as it is.
"""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

from tests.functional.pages.browser import DESK, PHONE, Visiting, unfold, visiting
from tests.functional.pages.drawn import INDEXES, STATEMENTS

pytestmark = pytest.mark.slow

NOT_ASKED = {
    "hidden-content": "says only that parts are hidden: each is seen at another width, and judged",
}
RUN = """(not_asked) => axe.run({rules: Object.fromEntries(
  axe.getRules().map((rule) => [rule.ruleId, {enabled: !not_asked.includes(rule.ruleId)}])
)})"""

PLANTED = {
    "html-has-lang": ('lang="en"', ""),
    "color-contrast": ("--soft: #4d5761", "--soft: #aaaaaa"),
    "label": ('<label for="find">Find a customer</label>', ""),
    "region": ("<main>", "<div>"),
}
"""Faults by the rules that find them: what is replaced, and by what."""


def judged(page: Page) -> dict[str, list[str]]:
    """Return what each rule of axe finds, the elements by their markup; what a person would have to
    decide is a finding too.
    """
    unfold(page, is_open=True)
    page.evaluate(AXE_SCRIPT)
    result: dict[str, Any] = page.evaluate(RUN, list(NOT_ASKED))
    return {
        rule["id"]: [node["html"] for node in rule["nodes"]]
        for rule in (*result["violations"], *result["incomplete"])
    }


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", [*STATEMENTS, *INDEXES])
def test_nothing_is_found(visit: Visiting, name: str, width: int) -> None:
    """PROOF-3: whoever cannot see a page, or not its colours, or has no mouse, can read it."""
    assert judged(visit(name, width=width)) == {}


def test_what_is_wrong_is_found(browser: Browser, files: dict[str, Path], tmp_path: Path) -> None:
    """The judge is no stamp: it finds each fault that is planted into a page."""
    text = files["index"].read_text(encoding="utf-8")
    for right, wrong in PLANTED.values():
        assert right in text
        text = text.replace(right, wrong)
    (tmp_path / "wrong.html").write_text(text, encoding="utf-8")
    with visiting(browser, tmp_path / "wrong.html") as here:
        assert set(PLANTED) <= set(judged(here.page))
