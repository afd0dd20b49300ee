"""What `make lint` looks at, and that whatever it is told to overlook has its reason beside it."""

import re

import yaml

from local.checkout import ROOT

SETTINGS = (ROOT / ".checkov.yaml").read_text()


def test_every_check_that_is_skipped_has_its_reason() -> None:
    """An exception without a reason is a finding."""
    skipped = yaml.safe_load(SETTINGS)["skip-check"]
    reasons = dict(re.findall(r"^  - (CKV\w+) # (.{20,})$", SETTINGS, flags=re.MULTILINE))
    assert sorted(reasons) == sorted(skipped)
    assert len(set(skipped)) == len(skipped)


def test_nothing_is_skipped_in_the_template_itself() -> None:
    """Exceptions stand in one place."""
    template = (ROOT / "template.yaml").read_text()
    assert "checkov:skip" not in template
    assert "cfn-lint" not in template


def test_the_template_is_checked_by_both_and_nothing_is_fetched() -> None:
    """cfn-lint comes with SAM; checkov looks at this template alone, and asks its maker for
    nothing.
    """
    recipe = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    assert "sam validate --lint" in recipe
    assert "checkov --config-file .checkov.yaml" in recipe
    settings = yaml.safe_load(SETTINGS)
    assert (settings["file"], settings["framework"], settings["skip-download"]) == (
        ["template.yaml"],
        ["cloudformation"],
        True,
    )
    assert not settings.get("soft-fail"), "a finding fails the build"
