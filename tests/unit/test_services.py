"""The setting that names what is billed beside the number of endpoints."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.checkout import ROOT
from tally.domain.model.reading import ENDPOINTS, Service
from tally.errors import SetupError
from tally.runtime.parts import bootstrap
from tally.runtime.settings import PlannerSettings, WorkerSettings
from tally.services import BilledService, Names, evidence_of, places, read_services
from tests.unit.set_environment import ENVIRONMENT

EMAIL = {"counter": "emailSecurityMonthlyUsage", "product": "GZ-EMAIL"}
EDR = {
    "counter": "edrMonthlyUsage",
    "productTypes": [3, 0],
    "product": "GZ-EDR",
    "agreementType": "EDR",
    "text": "EDR",
}


def problem(given: Any) -> str:  # noqa: ANN401 - whatever an operator writes
    """What is said of a setting that is refused."""
    with pytest.raises(ValueError, match=r"\w") as raised:
        read_services(given if isinstance(given, str) else json.dumps(given))
    return str(raised.value)


@pytest.mark.parametrize("text", ["", "  ", "{}"])
def test_by_default_endpoints_alone(text: str) -> None:
    """READ-6: where nothing is said, the number of endpoints is billed, of product type 0."""
    assert read_services(text) == (BilledService(service=ENDPOINTS),)


def test_endpoints_stay_beside_what_is_added() -> None:
    """READ-6: a service that is added takes nothing away: endpoints are there first, as before."""
    endpoints, email, edr = read_services(json.dumps({"email": EMAIL, "edr": EDR}))
    assert endpoints == BilledService(service=ENDPOINTS)
    assert email == BilledService(
        service=Service(
            name="email", counter=EMAIL["counter"], text="Bitdefender GravityZone email"
        ),
        product="GZ-EMAIL",
    )
    assert edr == BilledService(
        service=Service(name="edr", counter="edrMonthlyUsage", product_types=(0, 3), text="EDR"),
        product="GZ-EDR",
        agreement_type="EDR",
    )


def test_endpoints_are_changed_or_left_out_by_name() -> None:
    """READ-6: endpoints can be of more product types or of another product; only a plain false
    leaves them out.
    """
    wide = read_services(
        json.dumps({"email": EMAIL, "endpoints": {"productTypes": [0, 3], "product": "SEAT"}})
    )
    assert [each.service.name for each in wide] == ["endpoints", "email"]
    assert wide[0].service == Service(
        name="endpoints", counter="endpointMonthlyUsage", product_types=(0, 3)
    )
    assert wide[0].product == "SEAT"
    without = read_services(json.dumps({"endpoints": False, "email": EMAIL}))
    assert [each.service.name for each in without] == ["email"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{", ["no JSON", "character"]),
        ("nonsense", ["no JSON"]),
        ("[]", ["JSON object"]),
        ("3", ["JSON object"]),
        ('{"email": {}, "email": {}}', ["'email'", "twice"]),
        ({"endpoints": False}, ["nothing is billed"]),
        ({"Email": EMAIL}, ["'Email'", "lower-case"]),
        ({"": EMAIL}, ["''", "lower-case"]),
        ({"a#b": EMAIL}, ["'a#b'", "lower-case"]),
        ({"e" * 21: EMAIL}, ["lower-case"]),
        ({"failed": EMAIL}, ["'failed'", "another"]),
        ({"email": False}, ["'email'", "object"]),
        ({"email": "GZ-EMAIL"}, ["'email'", "object"]),
        ({"endpoints": True}, ["'endpoints'", "object"]),
        ({"email": {}}, ["'email' lacks its counter", "'email' lacks its product"]),
        ({"email": {**EMAIL, "price": 3}}, ["'email'", "'price'", "productTypes"]),
        ({"email": {**EMAIL, "counter": "email usage"}}, ["counter of the service 'email'"]),
        ({"email": {**EMAIL, "counter": 3}}, ["counter of the service 'email'"]),
        ({"email": {**EMAIL, "product": ""}}, ["product of the service 'email'", "60"]),
        ({"email": {**EMAIL, "product": " GZ"}}, ["product of the service 'email'", "spaces"]),
        (
            {"email": {**EMAIL, "agreementType": "x" * 51}},
            ["agreementType of the service 'email'", "50"],
        ),
        ({"email": {**EMAIL, "text": None}}, ["text of the service 'email'"]),
        *(
            (
                {"email": {**EMAIL, "productTypes": types}},
                ["productTypes of the service 'email'", "3 (EDR)"],
            )
            for types in ([], 0, "0", [1], [0, 0], [True], [0.0], [[0]], {"0": 3})
        ),
        (
            {"secure": {"counter": "mspSecureMonthlyUsage", "product": "P"}},
            ["mspSecureMonthlyUsage", "endpointMonthly"],
        ),
        ({"sve": {"counter": "sveVsMonthlyUsage", "product": "P"}}, ["sveVsMonthlyUsage", "hours"]),
    ],
)
def test_what_is_malformed_is_named(given: Any, said: list[str]) -> None:  # noqa: ANN401 - whatever an operator writes
    """READ-5, READ-6: each thing that is wrong is named, with what it must be; overlapping counters
    and hours among them.
    """
    text = problem(given)
    for each in said:
        assert each in text


def test_all_that_is_wrong_is_said_at_once() -> None:
    """An operator puts everything right in one go."""
    text = problem({"email": {}, "EDR": EDR, "patch": {**EMAIL, "productTypes": [9]}})
    for each in ("'email'", "'EDR'", "'patch'"):
        assert each in text


@given(
    st.text(max_size=40)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["endpoints", "email", "counter", "product", "productTypes", "text"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ).map(json.dumps)
)
def test_nothing_but_a_sentence_comes_of_it(text: str) -> None:
    """Whatever stands in the setting, it is read or refused with a sentence: nothing else is
    raised.
    """
    try:
        outcome: object = read_services(text)
    except ValueError as error:
        outcome = str(error)
    assert outcome


@pytest.mark.parametrize("settings", [PlannerSettings, WorkerSettings])
def test_a_wrong_configuration_stops_both_functions(
    settings: type[PlannerSettings | WorkerSettings],
) -> None:
    """READ-5: planner and worker refuse overlapping counters at their start, naming both and the
    parameter to set right.
    """
    overlapping = json.dumps(
        {"secure": {"counter": "mspSecureMonthlyUsage", "product": "GZ-SECURE"}}
    )
    with pytest.raises(SetupError) as raised:
        settings.from_env({**ENVIRONMENT, "SERVICES": overlapping})
    for said in (
        "endpointMonthlyUsage",
        "mspSecureMonthlyUsage",
        "'endpoints'",
        "'secure'",
        "parameter Services",
    ):
        assert said in str(raised.value)
    read = settings.from_env({**ENVIRONMENT, "SERVICES": json.dumps({"email": EMAIL})})
    assert [each.service.name for each in read.services] == ["endpoints", "email"]


def test_places_take_the_settings_where_nothing_is_said() -> None:
    """READ-6: product and agreement type are the service's own, or those of the settings; a message
    names where they stand.
    """
    found = places(
        read_services(json.dumps({"email": EMAIL, "edr": EDR})),
        product="GZ-ENDPOINT",
        agreement_type="Security",
    )
    assert found["endpoints"] == Names(agreement_type="Security", product="GZ-ENDPOINT")
    assert (found["email"].agreement_type, found["email"].product) == ("Security", "GZ-EMAIL")
    assert (found["edr"].agreement_type, found["edr"].product) == ("EDR", "GZ-EDR")
    assert "email" in found["email"].product_setting
    assert "edr" in found["edr"].agreement_type_setting


def test_two_services_are_never_one_line() -> None:
    """OPEN-6, READ-6: one product on agreements of one type for two services is refused: each would
    hold the other's Addition for foreign.
    """
    same = read_services(json.dumps({"email": {**EMAIL, "product": "GZ-ENDPOINT"}}))
    with pytest.raises(SetupError, match="'endpoints' and 'email'"):
        places(same, product="GZ-ENDPOINT", agreement_type="Security")
    with pytest.raises(SetupError, match="'endpoints' and 'email'"):
        bootstrap.planner(
            {**ENVIRONMENT, "SERVICES": json.dumps({"email": {**EMAIL, "product": "GZ-ENDPOINT"}})}
        )
    apart = read_services(
        json.dumps({"email": {**EMAIL, "product": "GZ-ENDPOINT", "agreementType": "Email"}})
    )
    assert len(places(apart, product="GZ-ENDPOINT", agreement_type="Security")) == 2


def test_the_example_of_the_readme_is_read() -> None:
    """What a technician copies out of the handbook is a valid setting."""
    (example,) = [
        line
        for line in (ROOT / "docs" / "services.md").read_text().splitlines()
        if line.startswith('{"email": {"counter"')
    ]
    assert [each.service.name for each in read_services(example)] == ["endpoints", "email", "edr"]


@pytest.mark.parametrize(
    ("given", "behind"),
    [
        ("", "endpoints"),
        (json.dumps({"email": EMAIL}), "endpoints"),
        (json.dumps({"endpoints": False, "email": EMAIL}), ""),
        (
            json.dumps(
                {"endpoints": False, "seats": {"counter": "endpointMonthlyUsage", "product": "S"}}
            ),
            "seats",
        ),
        (
            json.dumps(
                {
                    "edr": {
                        "counter": "endpointMonthlyUsage",
                        "productTypes": [3],
                        "product": "GZ-EDR",
                    }
                }
            ),
            "endpoints",
        ),
        (
            json.dumps(
                {
                    "endpoints": False,
                    "edr": {
                        "counter": "endpointMonthlyUsage",
                        "productTypes": [3],
                        "product": "GZ-EDR",
                    },
                }
            ),
            "",
        ),
    ],
)
def test_machines_stand_behind_the_count_of_all_endpoints(given: str, behind: str) -> None:
    """PROOF-3: machines are evidence of the one service that bills all endpoints, by its counter
    and product type, whatever its name is.
    """
    assert evidence_of(read_services(given)) == behind
