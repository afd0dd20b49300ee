"""`tally companies …`: links, pins, exclusions and partners, by hand."""

import pytest

from testing.world import Customer
from tests.cli.console import WHO, WHY, Console
from tests.functional.instants import gmt
from tests.functional.partner_world import Summit

FIRST = gmt("2026-11-01 00:05")


@pytest.fixture
def mill() -> tuple[Console, Customer, int]:
    """A customer that is billed, and one whose namesake in ConnectWise is spelled otherwise: its id
    there.
    """
    console = Console()
    harbor = console.world.add_customer("Harbor Dental")
    console.world.gravityzone.tenant.add_company("Old Mill Bakery")
    connectwise_id = console.world.connectwise.people.add_company(
        "OldMill", "The Old Mill Bakery LLC"
    )
    console.world.add_agreement(connectwise_id)
    console.world.play(FIRST)
    return console, harbor, connectwise_id


def test_names_that_are_near_are_suggested(mill: tuple[Console, Customer, int]) -> None:
    """MATCH-1: what no name links is listed with the likeliest ConnectWise companies, and how to
    link it.
    """
    console, _, connectwise_id = mill
    out = console.done("companies", "suggest").out
    assert f"The Old Mill Bakery LLC (id {connectwise_id})" in out
    assert "tally companies tie COMPANY_ID CONNECTWISE_ID" in out
    (suggestion,) = console.done("companies", "suggest", "--json").json
    assert suggestion["name"] == "Old Mill Bakery"
    assert suggestion["near"][0]["id"] == connectwise_id
    assert suggestion["near"][0]["likeness"] >= 85


def test_a_linked_one_is_named_with_its_holder() -> None:
    """MATCH-1: a ConnectWise company that is linked already is shown with who has it: a customer
    that was made anew.
    """
    console = Console()
    console.world.add_customer("Harbor Dental")
    console.world.play(FIRST)
    console.world.gravityzone.tenant.add_company("Harbor Dental Ltd")
    console.world.play(gmt("2026-11-01 00:20"))
    (suggestion,) = console.done("companies", "suggest", "--json").json
    assert suggestion["near"][0]["linked_to"] == "Harbor Dental"


def test_a_company_is_linked(mill: tuple[Console, Customer, int]) -> None:
    """MATCH-1: linked by hand, with the caller's identity and the reason; the next tick opens its
    month.
    """
    console, _, connectwise_id = mill
    out = console.done(
        "companies", "tie", "Old Mill Bakery", str(connectwise_id), *WHY, "--yes"
    ).text
    assert (
        "Old Mill Bakery is linked to ConnectWise company 'The Old Mill Bakery LLC' (id "
        f"{connectwise_id})."
    ) in out
    document = console.done("show", "Old Mill Bakery", "--json").json
    (entry,) = document["connectwise_history"]
    assert (entry["what"], entry["by"], entry["why"]) == ("tied", WHO, "the owner called")
    console.world.play(gmt("2026-11-01 00:20"))
    assert console.done("show", "Old Mill Bakery", "--json").json["standing"]["state"] == "billing"
    assert (
        console.done("companies", "suggest").out
        == "Every company that is to be billed is linked.\n"
    )


def test_each_set_up_is_done_and_undone(mill: tuple[Console, Customer, int]) -> None:
    """MATCH-1, MATCH-3, CLOSE-5: unlink, pin, unpin, exclude and include, each kept with who and
    why.
    """
    console, harbor, _ = mill
    for arguments in (
        ("pin", "Harbor Dental", str(harbor.agreement_id)),
        ("unpin", "Harbor Dental"),
        ("exclude", "Harbor Dental"),
        ("include", "Harbor Dental"),
        ("untie", "Harbor Dental"),
        ("tie", "Harbor Dental", str(harbor.connectwise_id)),
    ):
        console.done("companies", *arguments, *WHY, "--yes")
    entries = console.world.ledger.link_history(harbor.id)
    assert [each.what for each in entries[1:]] == [
        "agreement pinned",
        "agreement unpinned",
        "excluded",
        "included",
        "untied",
        "tied",
    ]
    assert {each.by for each in entries[1:]} == {WHO}


def test_a_partner_is_billed_and_no_more() -> None:
    """READ-4: a partner's own machines are billed where a person opts it in, and no more when it is
    opted out.
    """
    summit = Summit.at_the_start()
    console = Console(world=summit.world)
    summit.world.play(FIRST)
    console.done(
        "companies", "tie", "Summit Peak IT", str(summit.partner.connectwise_id), *WHY, "--yes"
    )
    assert (
        "own machines"
        in console.done("companies", "bill-partner", "Summit Peak IT", *WHY, "--yes").text
    )
    summit.world.play(gmt("2026-11-01 00:20"))
    assert summit.quantities() == [12]
    console.done("companies", "unbill-partner", "Summit Peak IT", *WHY, "--yes")
    assert (
        console.done("show", "Summit Peak IT", "--json").json["connectwise"][
            "own_machines_billed_since"
        ]
        is None
    )


REFUSALS = [
    (("include", "Harbor Dental"), "Harbor Dental is not excluded."),
    (("unpin", "Harbor Dental"), "No agreement is pinned for Harbor Dental."),
    (("untie", "Old Mill Bakery"), "It is neither linked to a ConnectWise company nor excluded."),
    (
        ("tie", "Harbor Dental", "9999"),
        (
            "ConnectWise shows no company of id 9999: there is none, it is deleted or hidden "
            "from the API member, whose role must be Inquire All."
        ),
    ),
    (("tie", "Harbor Dental", "many"), "Invalid value for 'connectwise_id'"),
    (("pin", "Harbor Dental", "9999"), "9999"),
    (("bill-partner", "Harbor Dental"), "was not a partner in GravityZone at the last tick"),
    (("exclude", "Nobody"), "Tally knows no company 'Nobody'."),
]


@pytest.mark.parametrize(
    ("arguments", "said"), REFUSALS, ids=[" ".join(arguments) for arguments, _ in REFUSALS]
)
def test_what_cannot_be_is_refused(
    mill: tuple[Console, Customer, int], arguments: tuple[str, ...], said: str
) -> None:
    """A refusal is exit code 2 and one line, and changes nothing."""
    console, _, _ = mill
    before = dict(console.world.ledger.links())
    assert said in console.refused("companies", *arguments, *WHY, "--yes")
    assert console.world.ledger.links() == before


def test_nothing_is_written_unasked(mill: tuple[Console, Customer, int]) -> None:
    """Without a terminal and without --yes nothing is written; what would follow has been shown."""
    console, harbor, _ = mill
    ended = console.run("companies", "exclude", "Harbor Dental", *WHY)
    assert (ended.code, ended.err.strip()) == (
        2,
        "tally: Nothing was written: there is no terminal to ask on. Give --yes to do it unasked.",
    )
    assert "Harbor Dental is excluded: no more months are opened for it." in ended.text
    link = console.world.ledger.link(harbor.id)
    assert link is not None
    assert link.excluded_since is None
