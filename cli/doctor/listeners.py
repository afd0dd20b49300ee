"""The check of who hears of alarms: addresses that are unconfirmed or unsubscribed are told."""

import shlex
from collections.abc import Iterator, Sequence

from cli.doctor.account import Hears, Subscription
from cli.doctor.finding import Finding, found, ok
from cli.doctor.installation import Installation

_SCANNER = (
    "as a rule by a mail scanner, which follows each link of a mail, the one that unsubscribes too"
)
_PLACEHOLDER = "TOKEN"


def subscriptions(installation: Installation) -> Iterator[Finding]:
    """Check that somebody hears of an alarm."""
    topic, subscribed = installation.account.topic(), installation.account.subscriptions()
    for each in subscribed:
        if each.hears is Hears.UNCONFIRMED:
            yield _unconfirmed(each, topic)
        if each.hears is Hears.UNSUBSCRIBED:
            yield found(
                f"{each.endpoint} was unsubscribed from the alarms and gets none, {_SCANNER}.",
                _subscribe(each.protocol, each.endpoint, topic),
            )
    address = installation.account.alarm_email()
    # SNS drops what nobody confirms, and CloudFormation still takes it for subscribed.
    missing = bool(address) and address.casefold() not in {
        each.endpoint.casefold() for each in subscribed
    }
    if missing:
        yield found(
            f"{address}, which AlarmEmail names, was unsubscribed from the alarms and gets none, "
            f"{_SCANNER}; or it has not confirmed within three days, after which AWS drops it.",
            _subscribe("email", address, topic),
        )
    yield from _heard(subscribed, missing=missing)


def _heard(subscribed: Sequence[Subscription], *, missing: bool) -> Iterator[Finding]:
    heard = [each.endpoint for each in subscribed if each.hears is Hears.CONFIRMED]
    if heard:
        yield ok(f"Alarms go to {', '.join(heard)}.")
    elif not subscribed and not missing:
        yield found(
            "Nobody is subscribed to the alarms: nobody hears when Tally stops.",
            "Deploy again with an address in AlarmEmail, or subscribe one to the topic.",
        )


def _unconfirmed(subscription: Subscription, topic: str) -> Finding:
    return found(
        f"{subscription.endpoint} has not confirmed yet that it wants the alarms, and gets none.",
        "Open the mail 'AWS Notification - Subscription Confirmation' there. Better than to "
        "follow its link is to confirm with the token in it, so that no link in a mail "
        f"unsubscribes again: {_confirm(topic)}. Where the mail is lost, ask for another: "
        f"{_subscribe_line(subscription.protocol, subscription.endpoint, topic)}",
    )


def _subscribe(protocol: str, endpoint: str, topic: str) -> str:
    return (
        "To deploy again does not help, as CloudFormation believes that the subscription is "
        f"there. Subscribe it: {_subscribe_line(protocol, endpoint, topic)} and confirm, not by "
        "the link in the mail that comes, but with the token in that link and with authenticated "
        f"unsubscribing, so that no link in a mail unsubscribes again: {_confirm(topic)}"
    )


def _subscribe_line(protocol: str, endpoint: str, topic: str) -> str:
    on = f"{_region(topic)} --topic-arn {shlex.quote(topic)}"
    return (
        f"aws sns subscribe{on} --protocol {shlex.quote(protocol)} --notification-endpoint "
        f"{shlex.quote(endpoint)}"
    )


def _confirm(topic: str) -> str:
    on = f"{_region(topic)} --topic-arn {shlex.quote(topic)}"
    return (
        f"aws sns confirm-subscription{on} --token {_PLACEHOLDER} --authenticate-on-unsubscribe "
        "true"
    )


def _region(topic: str) -> str:
    """Return the option with the topic's region, which need not be the one of the shell."""
    _, _, _, region, *_ = *topic.split(":"), "", "", "", ""  # arn:partition:service:region:…
    return f" --region {shlex.quote(region)}" if region else ""
