"""`tally secrets set`: asks for the keys, tries them on both APIs, and only then stores them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from getpass import getpass
from typing import Annotated, Any

import typer

from cli.command import Session, UsageError, Yes, command, somebody_is_there
from cli.commands.doctor import checks_document, print_checks
from cli.deployment import vendors
from cli.deployment.stored_secret import store, stored
from cli.doctor.checklist import Result, examine
from cli.doctor.checks import KEYS, SETTINGS
from cli.doctor.finding import Verdict
from cli.doctor.installation import Installation
from cli.exit_codes import FINDINGS, NOT_DONE
from cli.stack import Stack
from tally.aws.secret import ApiKeys

INTERRUPTED = 130
"""Exit code of a program that Ctrl-C has ended, as shells have it."""

_ASKED: Mapping[str, str] = {
    "gravityzone_api_key": "GravityZone API key",
    "connectwise_public_key": "ConnectWise public key",
    "connectwise_private_key": "ConnectWise private key",
    "connectwise_client_id": "ConnectWise client id",
}

type Fields = Mapping[str, Any]


def add(app: typer.Typer) -> None:
    """Add the commands."""
    secrets = typer.Typer(
        rich_markup_mode=None,
        help="Look after the keys that Tally calls GravityZone and ConnectWise with.",
    )
    secrets.callback()(_top)
    command(secrets, "set")(set_keys)
    app.add_typer(secrets, name="secrets")


def _top() -> None:
    """Make typer call a group's only command by its name."""


def set_keys(
    session: Session,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Store the keys even if they do not pass the test.")
    ] = False,
    yes: Yes = False,
) -> int | None:
    """Ask for the keys without showing them, try them on both APIs, and store them.

    Enter keeps a key that is stored.
    """
    if not somebody_is_there():
        raise UsageError(
            "Nothing was stored: keys are asked for on a terminal alone, where nothing shows or "
            "keeps them."
        )
    return _set_keys(session, ask=getpass, force=force, yes=yes)


def _set_keys(session: Session, *, ask: Callable[[str], str], force: bool, yes: bool) -> int | None:
    stack, out = session.stack, session.output
    client, secret_id = stack.client("secretsmanager"), stack.settings().secret_id
    try:
        present = stored(client, secret_id)
        given = _asked(ask, present)
        if not given:
            out.note("Nothing was changed.")
            _told(session, [], stored_now=False, changed=given)
            return None
        # A new value replaces the whole secret, so whatever else somebody keeps in it goes along.
        fields = {**present, **given}
        results = _tried(session, fields)
        wrong = [each for each in results if each.verdict is not Verdict.OK]
        if not out.as_json:
            print_checks(out, results)
        if wrong and not force:
            _told(session, results, stored_now=False, changed=given)
            out.error(
                f"Nothing was stored: {_reasons(wrong)} Put it right and run this again, or store "
                "them as they are with --force."
            )
            return NOT_DONE
        session.confirm(f"Store {_listed(given)} in the secret {secret_id}?", yes=yes)
    # Ctrl-C comes as the first while keys are asked for, as the second at the last question.
    except (KeyboardInterrupt, typer.Abort):
        out.error("Interrupted: nothing was stored.")
        return INTERRUPTED
    except EOFError:
        out.error("The input ended before every key was given: nothing was stored.")
        return NOT_DONE
    # Outside of the `try`: interrupted here, nobody could say that nothing was stored.
    store(client, secret_id, fields)
    out.note(
        f"Stored {_listed(given)}. The functions take the new keys when they start anew, at the "
        "latest when a call is refused for the old ones."
    )
    _told(session, results, stored_now=True, changed=given)
    return FINDINGS if wrong else None


def _tried(session: Session, fields: Fields) -> list[Result]:
    checks = (SETTINGS, *KEYS)
    results: list[Result] = []
    with session.output.progress("Trying the keys") as step:
        for each in examine(Installation(_with_keys(session.stack, fields), step=step), checks):
            results.append(each)
            step(done=len(results), total=len(checks))
    return results


def _asked(ask: Callable[[str], str], present: Fields) -> dict[str, str]:
    """Ask for each key, again for one that is needed. Return those that were typed."""
    given: dict[str, str] = {}
    for name, words in _ASKED.items():
        kept = isinstance(present.get(name), str) and bool(present[name])
        prompt = f"{words}{' (Enter keeps the stored one)' if kept else ''}: "
        # Pasted keys often bring a space or a line break along.
        typed = ask(prompt).strip()
        while not typed and not kept:
            typed = ask(f"None is stored yet. {prompt}").strip()
        if typed:
            given[name] = typed
    return given


def _with_keys(stack: Stack, fields: Fields) -> Stack:
    """Return the stack as it would be with these keys in its secret."""
    settings = stack.settings()
    keys = ApiKeys.model_validate({name: fields[name] for name in ApiKeys.model_fields})
    return replace(
        stack,
        gravityzone=lambda: vendors.gravityzone(
            settings, keys, calls_per_second=settings.sweep_calls_per_second
        ),
        connectwise=lambda: vendors.connectwise(settings, keys),
    )


def _told(
    session: Session, results: list[Result], *, stored_now: bool, changed: Mapping[str, str]
) -> None:
    """Print the result for a program: names of keys, never a value."""
    if session.output.as_json:
        session.output.document(
            {"stored": stored_now, "changed": sorted(changed), "checks": checks_document(results)}
        )


def _reasons(wrong: list[Result]) -> str:
    causes = [each for each in wrong if each.verdict is not Verdict.NOT_CHECKED] or wrong
    said = [
        finding.says
        for each in causes
        for finding in each.findings
        if finding.verdict is not Verdict.OK
    ]
    return " ".join(f"{each.rstrip('.')}." for each in said)


def _listed(names: Mapping[str, str]) -> str:
    return ", ".join(_ASKED[name] for name in names)
