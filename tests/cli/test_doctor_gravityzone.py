"""`tally doctor` against a GravityZone that is not as it must be."""

from typing import Any

import pytest
from requests import PreparedRequest, Response

from simulators.adapter import SimulatorAdapter
from simulators.faults import Fault, FaultKind
from simulators.gravityzone import GravityZoneSimulator
from simulators.scenario import GravityZoneCompany, GravityZoneWorld
from tests.cli.installed import KEYS, Installed, only

EVERY = ("companies", "licensing", "network")


def test_nothing_is_wrong(msp: Installed) -> None:
    """Where everything is set up, every check says ok, nothing is to be done, and it ends with
    0.
    """
    checks = msp.checks(code=0)
    assert {each["verdict"] for each in checks.values()} == {"ok"}
    assert not [
        finding for each in checks.values() for finding in each["findings"] if finding["remedy"]
    ]
    assert msp.run("doctor").text.strip().endswith("25 checks: 25 ok.")


def test_a_wrong_key(msp: Installed) -> None:
    """A key that GravityZone does not take is named as that, with where to get one; what needs it
    is not checked.
    """
    msp.store(gravityzone_api_key="other")
    checks = msp.checks(code=1)
    verdict, says, remedy = only(checks["gravityzone-key"])
    assert verdict == "needs set-up"
    assert says.startswith("GravityZone at https://gravityzone.test/api does not take the API key.")
    assert "HTTP 401" in says
    assert "tally secrets set" in remedy
    for name in (
        "gravityzone-apis",
        "gravityzone-customers",
        "companies",
        "agreements",
        "other-additions",
    ):
        assert checks[name]["verdict"] == "not checked", name
    assert (
        only(checks["gravityzone-apis"])[1]
        == "not checked: it needs 'GravityZone: address and key'."
    )
    # ConnectWise and AWS are looked at all the same.
    for name in ("connectwise-writing", "agreement-type", "product", "table", "last-tick"):
        assert checks[name]["verdict"] == "ok", name


@pytest.mark.parametrize(
    ("url", "others"),
    [
        ("https://cloud.gravityzone.bitdefender.com/api", ["https://cloudgz.", "https://cloudap."]),
        ("https://cloudgz.gravityzone.bitdefender.com/api", ["https://cloud.", "https://cloudap."]),
    ],
)
def test_another_region(msp: Installed, url: str, others: list[str]) -> None:
    """A region that does not know the key answers as to a wrong one: the address is named, and the
    other regions' to try.
    """
    msp.environment["GRAVITYZONE_URL"] = url
    msp.gravityzone_adapter = SimulatorAdapter(
        GravityZoneSimulator(msp.world.clock, api_key="of this region")
    )
    verdict, says, remedy = only(msp.check("gravityzone-key"))
    assert verdict == "needs set-up"
    assert url in says
    assert "GravityZoneUrl" in remedy
    assert url not in remedy
    assert all(f"{each}gravityzone.bitdefender.com/api" in remedy for each in others)


def test_the_key_goes_to_no_other_address(msp: Installed) -> None:
    """Other regions are for a person to try: the doctor sends a key to the configured address
    alone.
    """
    hosts: set[str] = set()

    class Watched(SimulatorAdapter):
        def send(self, request: PreparedRequest, *given: Any, **options: Any) -> Response:  # noqa: ANN401 - requests'
            hosts.add((request.url or "").split("/")[2])
            return super().send(request, *given, **options)

    msp.store(gravityzone_api_key="other")
    msp.gravityzone_adapter = Watched(msp.world.gravityzone)
    msp.checks(code=1)
    assert hosts == {"gravityzone.test"}


@pytest.mark.parametrize(
    "url", ["https://gravityzone.test", "https://gravityzone.test/api/v1.0/jsonrpc"]
)
def test_an_address_that_is_not_the_access_url(msp: Installed, url: str) -> None:
    """An address without /api, or with more after it, is not there: the remedy says where the right
    one is shown.
    """
    msp.environment["GRAVITYZONE_URL"] = url
    verdict, says, remedy = only(msp.check("gravityzone-key"))
    assert verdict == "needs set-up"
    assert f"Nothing answers as GravityZone at {url}." in says
    assert "access URL in Control Center" in remedy


def test_nobody_answers(msp: Installed) -> None:
    """A GravityZone that cannot be reached is no fault of the keys: try again, or check the
    address.
    """
    msp.world.gravityzone.faults.add(Fault(kind=FaultKind.REFUSED))
    checks = msp.checks(code=1)
    verdict, says, remedy = only(checks["gravityzone-key"])
    assert verdict == "finding"
    assert "no connection" in says
    assert remedy.startswith("Try again")
    assert "GravityZoneUrl" in remedy
    assert checks["gravityzone-customers"]["verdict"] == "not checked"


@pytest.mark.parametrize("missing", EVERY)
def test_a_missing_scope(msp: Installed, missing: str) -> None:
    """An API that is not ticked on the key is named, and no other; the key itself is right."""
    msp.world.gravityzone.options.enabled_apis = tuple(each for each in EVERY if each != missing)
    checks = msp.checks(code=1)
    assert checks["gravityzone-key"]["verdict"] == "ok"
    verdict, says, remedy = only(checks["gravityzone-apis"])
    assert verdict == "needs set-up"
    assert says == f"The API key lacks the API {missing.title()}."
    assert f"tick {missing.title()}" in remedy
    assert checks["gravityzone-customers"]["verdict"] == "not checked"


def test_no_scope_at_all(msp: Installed) -> None:
    """Of a key without any API all three are named at once, not one at each run."""
    msp.world.gravityzone.options.enabled_apis = ()
    assert (
        only(msp.check("gravityzone-apis"))[1]
        == "The API key lacks the APIs Companies and Network and Licensing."
    )


def test_an_empty_gravityzone(msp: Installed) -> None:
    """Where nobody has a monthly subscription there is nothing to bill: it says so, and who is
    there with another licence.
    """
    tenant = msp.world.gravityzone.tenant
    for company in list(tenant.children(tenant.own.id)):
        tenant.delete_company(company.id)
    verdict, says, remedy = only(msp.check("gravityzone-customers"))
    assert verdict == "needs set-up"
    assert "has no customer with a monthly subscription" in says
    assert "and no other" in says
    assert "monthly subscription" in remedy
    tenant.add_company("Riverside Chiropractic", subscription_type=2)
    checks = msp.checks(code=1)
    assert "and 1 with another licence" in only(checks["gravityzone-customers"])[1]
    assert checks["companies"]["verdict"] == "not checked"


def test_the_key_of_a_customer(msp: Installed) -> None:
    """A key made inside one customer sees no other: that is said, and not that the list could not
    be read.
    """
    own = GravityZoneCompany(id="c" * 24, name="Harbor Dental", parent_id=None)
    simulator = GravityZoneSimulator(
        msp.world.clock, GravityZoneWorld(companies=(own,)), api_key=KEYS["gravityzone_api_key"]
    )
    msp.gravityzone_adapter = SimulatorAdapter(simulator)
    checks = msp.checks(code=1)
    assert checks["gravityzone-apis"]["verdict"] == "ok"
    verdict, says, _ = only(checks["gravityzone-customers"])
    assert (verdict, says) == (
        "needs set-up",
        (
            "The API key belongs to Harbor Dental, which is a customer: it sees none of your other "
            "customers."
        ),
    )


def test_a_partner_that_cannot_be_listed(msp: Installed) -> None:
    """SAFE-5: one partner whose companies cannot be listed is a finding; the others' customers are
    looked at.
    """
    partner = msp.world.gravityzone.tenant.add_company("Summit Peak IT", kind="partner")
    msp.world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, status=500, contains=partner))
    checks = msp.checks(code=1)
    verdicts = [each["verdict"] for each in checks["gravityzone-customers"]["findings"]]
    assert verdicts == ["finding", "ok"]
    assert "Summit Peak IT" in checks["gravityzone-customers"]["findings"][0]["says"]


@pytest.mark.parametrize("missing", EVERY)
def test_a_missing_scope_in_words(msp: Installed, missing: str) -> None:
    """READ-9: so it is where GravityZone says so with 200 and other words, whatever it was asked
    about.
    """
    msp.world.gravityzone.options.api_refused_in_words = True
    msp.world.gravityzone.options.enabled_apis = tuple(each for each in EVERY if each != missing)
    assert only(msp.check("gravityzone-apis"))[1] == f"The API key lacks the API {missing.title()}."


def test_nothing_is_claimed_that_was_not_seen(msp: Installed) -> None:
    """READ-9: where neither the list of APIs nor an answer shows that an API is there, the doctor
    says just that.
    """
    tenant = msp.world.gravityzone.tenant
    tenant.reach.refuse(tenant.own.id, details="Denied.")
    verdict, says, _ = only_of(msp, "Network")
    assert verdict == "ok", "it is listed, and no is an answer"
    msp.world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, operation="getApiKeyDetails", status=404)
    )
    verdict, says, remedy = only_of(msp, "Network")
    assert verdict == "finding"
    assert "could not be seen" in says
    assert "Denied." in says
    assert "Try again" in remedy


def only_of(msp: Installed, name: str) -> tuple[str, str, str]:
    """What is found of one API; else the one finding that there is."""
    findings = msp.check("gravityzone-apis")["findings"]
    found = next((each for each in findings if f"the API {name} " in each["says"]), findings[0])
    return found["verdict"], found["says"], found["remedy"]


def test_a_key_that_was_never_answered(msp: Installed) -> None:
    """The doctor does not say that a key is taken where nobody answered to it."""
    msp.world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, operation="getCompanyDetails", status=500)
    )
    msp.world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, operation="getApiKeyDetails", status=500)
    )
    assert only(msp.check("gravityzone-key"))[0] == "finding"


def test_a_key_with_no_api(msp: Installed) -> None:
    """A key is taken that GravityZone lists the APIs of, though it has none that Tally needs."""
    msp.world.gravityzone.options.enabled_apis = ("reports",)
    assert only(msp.check("gravityzone-key"))[0] == "ok"


def test_a_partner_whose_list_is_refused(msp: Installed) -> None:
    """READ-9, MATCH-1: named with what GravityZone said, and how to go on without it."""
    tenant = msp.world.gravityzone.tenant
    partner = tenant.add_company("Tidewater IT", kind="partner")
    tenant.reach.refuse(partner, details="Access was withdrawn.")
    (finding, *_) = msp.check("gravityzone-customers")["findings"]
    assert "Tidewater IT" in finding["says"]
    assert "Access was withdrawn." in finding["says"]
    assert f"tally companies exclude {partner}" in finding["remedy"]
