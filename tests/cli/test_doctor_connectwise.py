"""`tally doctor` against a ConnectWise that is not as it must be."""

from datetime import date
from typing import Literal

import pytest

from simulators.connectwise.options import Right
from simulators.faults import Fault, FaultKind
from testing.world import AGREEMENT_TYPE, PRODUCT
from tests.cli.installed import Installed, only

RIGHTS_TO_READ = {
    Right.COMPANIES_INQUIRE: "Companies > Company Maintenance: Inquire All",
    Right.AGREEMENTS_INQUIRE: "Finance > Agreements: Inquire All",
    Right.CATALOG_INQUIRE: "Procurement > Product Catalog: Inquire All",
    Right.TABLES_INQUIRE: "System > Table Setup: Inquire All",
}


@pytest.mark.parametrize("status", [401, 404])
@pytest.mark.parametrize(
    "name", ["connectwise_public_key", "connectwise_private_key", "connectwise_client_id"]
)
def test_a_wrong_key(msp: Installed, name: str, status: Literal[401, 404]) -> None:
    """A wrong key is a wrong key, also where the cloud answers 404 to it; what needs it is not
    checked, GravityZone is.
    """
    msp.store(**{name: "other"})
    msp.world.connectwise.options.wrong_key_status = status
    checks = msp.checks(code=1)
    verdict, says, remedy = only(checks["connectwise-keys"])
    assert verdict == "needs set-up"
    assert "keys" in says
    assert "https://connectwise.test" in says
    assert "tally secrets set" in remedy
    assert "other" not in says.split()
    for each in (
        "connectwise-reading",
        "connectwise-writing",
        "agreement-type",
        "product",
        "companies",
    ):
        assert checks[each]["verdict"] == "not checked", each
    assert checks["gravityzone-customers"]["verdict"] == "ok"


def test_another_company_or_region(msp: Installed) -> None:
    """A host that does not know the company is named, with the hosts of the other regions to
    try.
    """
    msp.environment["CONNECTWISE_URL"] = "https://api-na.myconnectwise.net"
    msp.environment["CONNECTWISE_COMPANY"] = "nobody"
    verdict, says, remedy = only(msp.check("connectwise-keys"))
    assert verdict == "needs set-up"
    assert says.startswith("ConnectWise cannot be used at https://api-na.myconnectwise.net.")
    assert "api-eu.myconnectwise.net" in remedy
    assert "api-na.myconnectwise.net" not in remedy
    assert "ConnectWiseCompany" in remedy


def test_the_host_of_the_login_page(msp: Installed) -> None:
    """The host that people log in at is not the API's: the remedy names what the API's looks
    like.
    """
    body = '{"code": "Security", "message": "SSL is required.", "errors": null}'
    msp.world.connectwise.faults.add(
        Fault(
            kind=FaultKind.STATUS,
            status=200,
            body=body,
            content_type="application/json",
            operation="GET companyinfo",
        )
    )
    verdict, says, remedy = only(msp.check("connectwise-keys"))
    assert verdict == "needs set-up"
    assert "SSL is required" in says
    assert "https://api-eu.myconnectwise.net" in remedy


@pytest.mark.parametrize(("right", "words"), RIGHTS_TO_READ.items())
def test_a_missing_right_to_read(msp: Installed, right: Right, words: str) -> None:
    """A right that the API member's role lacks is named as ConnectWise names it; the keys are
    right.
    """
    msp.world.connectwise.options.taken_rights = frozenset({right})
    checks = msp.checks(code=1)
    assert checks["connectwise-keys"]["verdict"] == "ok"
    assert only(checks["connectwise-reading"]) == (
        "needs set-up",
        f"The API member may not read: it lacks {words}.",
        f"In ConnectWise, System > Security Roles, give the API member's role {words}.",
    )
    assert checks["connectwise-writing"]["verdict"] == "not checked"


@pytest.mark.parametrize(
    ("right", "words"), [(Right.AGREEMENTS_ADD, "Add"), (Right.AGREEMENTS_EDIT, "Edit")]
)
def test_a_missing_right_to_write(msp: Installed, right: Right, words: str) -> None:
    """A missing right to make or to change Additions shows before the first month does, and which
    of the two it is.
    """
    msp.world.connectwise.options.taken_rights = frozenset({right})
    verdict, says, remedy = only(msp.check("connectwise-writing"))
    assert verdict == "needs set-up"
    assert (
        says == f"The API member may not write Additions: it lacks Finance > Agreements: {words}."
    )
    assert remedy.endswith(f"Finance > Agreements: {words}.")


def test_trying_the_rights_changes_nothing(msp: Installed) -> None:
    """No Addition is made or changed by the doctor, and every write goes to an agreement that does
    not exist.
    """
    agreement = msp.customer("Lakeside Library").agreement_id
    addition = msp.world.connectwise.people.add_addition(
        agreement, PRODUCT, quantity=7, effective=date(2026, 11, 1)
    )
    made, calls = len(msp.world.connectwise.truth.made_by_api()), len(msp.world.connectwise.calls)
    before = msp.world.connectwise.tenant.state(agreement).additions.get(addition)
    msp.checks(code=1)
    assert msp.world.connectwise.tenant.state(agreement).additions.get(addition) is before
    assert len(msp.world.connectwise.truth.made_by_api()) == made
    writes = [call for call in list(msp.world.connectwise.calls)[calls:] if call.method != "GET"]
    assert {call.method for call in writes} == {"POST", "PATCH"}
    assert all(
        "/finance/agreements/2147483647/additions" in call.path and call.status == 404
        for call in writes
    )


def test_rights_that_cannot_be_tried_safely(msp: Installed) -> None:
    """Where such an agreement exists after all, nothing is written, and it says that the rights
    were not tried.
    """
    calls = len(msp.world.connectwise.calls)
    msp.world.connectwise.faults.add(
        Fault(
            kind=FaultKind.STATUS,
            status=200,
            body='{"id": 2147483647, "type": {"id": 18}, "company": {"id": 1}}',
            content_type="application/json",
            operation="GET agreements/{id}",
        )
    )
    verdict, says, _ = only(msp.check("connectwise-writing"))
    assert verdict == "finding"
    assert "were not tried" in says
    assert not [call for call in list(msp.world.connectwise.calls)[calls:] if call.method != "GET"]


@pytest.mark.parametrize(("operation", "words"), [("POST *", "Add"), ("PATCH *", "Edit")])
def test_a_right_that_cannot_be_told(msp: Installed, operation: str, words: str) -> None:
    """An answer that tells nothing of the right is not taken for a yes."""
    msp.world.connectwise.faults.add(Fault(kind=FaultKind.STATUS, status=500, operation=operation))
    verdict, says, _ = only(msp.check("connectwise-writing"))
    assert verdict == "finding"
    assert says.startswith(
        f"Whether the API member has Finance > Agreements: {words} could not be told."
    )


def test_an_agreement_type_that_differs_by_case(msp: Installed) -> None:
    """MATCH-2: a name that is right but for its case is not found, and the one that is there is
    named.
    """
    msp.environment["AGREEMENT_TYPE"] = AGREEMENT_TYPE.upper()
    checks = msp.checks(code=1)
    verdict, says, remedy = only(checks["agreement-type"])
    assert verdict == "needs set-up"
    assert f"no agreement type {AGREEMENT_TYPE.upper()!r}" in says
    assert f"There is {AGREEMENT_TYPE!r}" in says
    assert "AgreementType exactly as in ConnectWise" in remedy
    assert checks["agreements"]["verdict"] == "not checked"
    assert checks["product"]["verdict"] == "ok"


def test_a_product_that_differs_by_case(msp: Installed) -> None:
    """MATCH-2: the same of the product; the customers' agreements are looked at all the same."""
    msp.environment["PRODUCT"] = PRODUCT.lower()
    checks = msp.checks(code=1)
    verdict, says, remedy = only(checks["product"])
    assert verdict == "needs set-up"
    assert f"There is {PRODUCT!r}" in says
    assert "Product exactly as the product's identifier" in remedy
    assert checks["agreements"]["verdict"] == "ok"
    assert checks["other-additions"]["verdict"] == "not checked"


def test_an_agreement_type_that_is_mistyped(msp: Installed) -> None:
    """A slip of the fingers is no near miss by case: the names that are most alike are told."""
    msp.environment["AGREEMENT_TYPE"] = "Endpoint Secuirty"
    _, says, _ = only(msp.check("agreement-type"))
    assert says.endswith(f"The most alike: {AGREEMENT_TYPE!r}.")


def test_each_service_is_looked_at(msp: Installed) -> None:
    """READ-6: each service's product and agreement type is looked for, and the setting that names
    it is told.
    """
    msp.environment["SERVICES"] = (
        '{"email": {"counter": "emailSecurityMonthlyUsage", "product": "GZ-EMAIL", '
        '"agreementType": "Mail"}}'
    )
    checks = msp.checks(code=1)
    assert [each["verdict"] for each in checks["product"]["findings"]] == ["ok", "needs set-up"]
    assert "Services, product of email" in checks["product"]["findings"][1]["remedy"]
    assert "Services, agreementType of email" in checks["agreement-type"]["findings"][1]["remedy"]


PAGE = "<html><head><title>Web filter</title></head><body>blocked</body></html>"


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404])
def test_something_in_front(msp: Installed, status: int) -> None:
    """MATCH-8: a firewall's page is told for what it is: nothing is said of keys or rights, and
    nothing else is asked.
    """
    msp.world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, status=status, body=PAGE, content_type="text/html")
    )
    checks = msp.checks(code=1)
    verdict, says, remedy = only(checks["connectwise-keys"])
    assert verdict == "needs set-up"
    assert says.startswith(
        "Something in front of ConnectWise at https://connectwise.test answers in its place"
    )
    assert "Web filter blocked" in says
    assert "firewall" in remedy
    assert checks["connectwise-reading"]["verdict"] == "not checked"


def test_a_version_of_the_api_that_is_not_known(msp: Installed) -> None:
    """An older server is told with the versions that it knows, ours, and the parameter; another
    version is asked for then.
    """
    msp.world.connectwise.options.known_versions = frozenset({"2022.1"})
    verdict, says, remedy = only(msp.check("connectwise-keys"))
    assert verdict == "needs set-up"
    assert "It knows version 2022.1" in says
    assert "version 2025.1" in says
    assert "ConnectWiseApiVersion" in remedy
    msp.environment["CONNECTWISE_API_VERSION"] = "2022.1"
    verdict, says, _ = only(msp.checks(code=0)["connectwise-keys"])
    assert verdict == "ok"
    assert "2025.1 of its API or newer" in says


def test_a_role_that_sees_no_company(msp: Installed) -> None:
    """MATCH-8: no company at all is a role of Inquire Mine, and no customer's company is called
    deleted or missing for it.
    """
    msp.world.connectwise.options.sees_mine = frozenset({Right.COMPANIES_INQUIRE})
    checks = msp.checks(code=1)
    verdict, says, remedy = only(checks["connectwise-reading"])
    assert verdict == "needs set-up"
    assert "sees no company" in says
    assert "Inquire All" in remedy
    assert checks["companies"]["verdict"] == "not checked"


def test_a_role_that_sees_no_agreement(msp: Installed) -> None:
    """MATCH-8: where none of the customers' agreements is seen, the role is asked about before one
    is to be made.
    """
    msp.world.connectwise.options.sees_mine = frozenset({Right.AGREEMENTS_INQUIRE})
    verdict, says, remedy = only(msp.check("agreements"))
    assert verdict == "needs set-up"
    assert "sees 0 of" in says
    assert "is its role Inquire All (Finance > Agreements)?" in says
    assert "Inquire All" in remedy


def attaching(msp: Installed) -> None:
    """The stack attaches statements."""
    msp.environment |= {"ATTACH_STATEMENTS": "true", "BOOKS_BUCKET": "books"}


def test_no_right_to_documents_is_needed_where_none_are_attached(msp: Installed) -> None:
    """PROOF-7: the setting is off by default, and then nothing is asked."""
    msp.world.connectwise.options.taken_rights = frozenset(
        {Right.DOCUMENTS_INQUIRE, Right.DOCUMENTS_ADD}
    )
    verdict, says, _ = only(msp.checks(code=0)["documents"])
    assert (verdict, says.partition(":")[0]) == ("ok", "AttachStatements is false")
    assert msp.world.connectwise.calls.count("GET documents") == 0


def test_the_right_to_documents_is_told_as_far_as_it_can_be(msp: Installed) -> None:
    """PROOF-7: nothing is added by the doctor, and it says that this was not tried."""
    attaching(msp)
    verdict, says, _ = only(msp.checks(code=0)["documents"])
    assert verdict == "ok"
    assert "cannot be tried without adding one" in says
    assert list(msp.world.connectwise.documents) == []
    assert msp.world.connectwise.calls.count("POST documents") == 0


def test_statements_without_books_are_not_attached(msp: Installed) -> None:
    """PROOF-7: one setting needs the other, which is told before a month is closed in vain."""
    attaching(msp)
    msp.environment["BOOKS_BUCKET"] = ""
    verdict, says, remedy = only(msp.check("documents"))
    assert (verdict, "Books is false" in says) == ("needs set-up", True)
    assert remedy == "Deploy again with Books true, or with AttachStatements false."


def test_a_missing_right_to_documents(msp: Installed) -> None:
    """PROOF-7: it is named as security roles do, with the setting that needs it."""
    attaching(msp)
    msp.world.connectwise.options.taken_rights = frozenset({Right.DOCUMENTS_INQUIRE})
    verdict, says, remedy = only(msp.check("documents"))
    assert verdict == "needs set-up"
    assert "Companies > Manage Documents: Inquire All" in says
    assert "Companies > Manage Documents: Add, Inquire All" in remedy
    assert "AttachStatements" in remedy


def test_documents_without_an_agreement(msp: Installed) -> None:
    """PROOF-7: where no agreement is there, the right is not tried, which is told."""
    attaching(msp)
    for document in msp.world.connectwise.tenant.agreements.current():
        msp.world.connectwise.people.delete_agreement(document.fields["id"])
    verdict, says, _ = only(msp.check("documents"))
    assert (verdict, "was not tried" in says) == ("finding", True)
