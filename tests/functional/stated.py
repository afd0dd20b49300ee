"""The statement of a customer of a world, as the command reads it."""

from tally.domain.evidence.ledger_port import EvidenceStore
from tally.domain.model.month import Month
from tally.domain.statement.canonical import fingerprint
from tally.domain.statement.statement import ServiceStatement, Statement
from tally.people.read_statements import read_statement
from tally.statements.drawing import Form, drawn
from testing.world import Customer, World


def stated(
    world: World,
    customer: Customer,
    month: str,
    *,
    zone: str = "UTC",
    evidence: EvidenceStore | None = None,
) -> Statement:
    """Read the statement of all services that the world bills; whatever it says can be drawn."""
    of = read_statement(
        world.ledger,
        customer.id,
        customer.name,
        Month.parse(month),
        services=["endpoints", "email", "edr"],
        zone=zone,
        evidence=evidence,
        evidence_of="endpoints",
    )
    for form in Form:
        file = drawn(of, form)
        assert form is Form.PDF or fingerprint(of).encode() in file
    return of


def of_one_service(world: World, customer: Customer, month: str) -> ServiceStatement:
    """Read the statement of the only service that has a record."""
    (service,) = stated(world, customer, month).services
    return service
