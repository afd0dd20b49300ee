"""The demo's MSP with Tally in one process, and what the demo reads of both."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

from local.demo_check import Comparison, Expected, compare, expected_additions
from local.demo_ledger import LedgerContents
from local.demo_play import instants, invoicing_day, last_walk
from local.demo_question import answered, asked_and_read, offered
from local.desk import make_desk
from local.simulator_clients import (
    TrueAddition,
    TrueCompany,
    TrueInvoice,
    TrueMail,
    TrueTicket,
    read_additions,
    read_companies,
    read_invoices,
    read_mails,
    read_tickets,
)
from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.connectwise.desk.example import JANE
from simulators.control_calls import control
from simulators.demo_scenario import (
    DEMO_AGREEMENT_TYPE,
    DEMO_PRODUCT,
    demo_agreements,
    demo_months,
    demo_scenario,
)
from simulators.gravityzone import GravityZoneSimulator
from simulators.scenario import Scenario
from tally.domain.model.month import Month
from testing.asking import MemoryAsking, asking_round
from testing.world import World
from tests.functional.evidence_world import EvidenceWorld


@dataclass(slots=True, kw_only=True)
class DemoWorld:
    """Plays what `make demo` plays, on virtual time; `present` is the day on which it is run, at
    noon.
    """

    present: date
    scenario: Scenario = field(init=False)
    months: Sequence[Month] = field(init=False)
    world: World = field(init=False)
    machines: EvidenceWorld = field(init=False)

    def __post_init__(self) -> None:
        self.scenario = demo_scenario(self.present)
        self.months = [Month.parse(month) for month in demo_months(self.present)]
        clock = VirtualClock(self.months[0].starts)
        self.world = World(clock=clock, connectwise_world=self.scenario.connectwise)
        self.world.gravityzone = GravityZoneSimulator(clock, self.scenario.gravityzone)
        self.machines = EvidenceWorld(world=self.world, calls_per_second=10)
        client = self.world._gravityzone_client(SimulatorAdapter(self.world.gravityzone))
        self.world.plan = replace(self.world.plan, gravityzone=client)

    def play(self) -> None:
        """The demo's ticks and invoices, then a tick at the present. An error of Tally's fails the
        test.
        """
        second = self.months[1].first
        noon = datetime.combine(self.present, time(12, 0), tzinfo=UTC)
        ticks = (*instants(self.months[0].first, self.months[1].first), noon)
        invoicing = invoicing_day(self.months[1].first)
        self.world.play(*(at for at in ticks if at < invoicing))
        self.world.clock.set(invoicing)
        for agreement_id in demo_agreements(self.scenario):
            self.world.connectwise.people.run_invoice(agreement_id)
        asking, reading = asked_and_read(second)
        self.world.play(*(at for at in ticks if invoicing < at < asking))
        make_desk(self._act)
        memory = MemoryAsking()
        for at in (asking, answered(second), reading):
            self.world.clock.set(at)
            if at == answered(second):
                ticket, line = offered(self.tickets())
                self._act("add_note", ticket_id=ticket.id, text=line, by=JANE)
            else:
                assert asking_round(self.world, memory)().failures == {}
        walk = last_walk(second)
        self.world.play(*(at for at in ticks if reading < at < walk))
        self.machines.reach(walk)
        assert self.machines.function().walk(walk).troubles == {}
        self.machines.work()
        self.world.play(*(at for at in ticks if at > walk))
        assert self.world.failures == []

    def _act(self, act: str, **details: object) -> int | None:
        """What a person does in ConnectWise, by a control call."""
        order = json.dumps({"act": act, **details}).encode()
        answer = control(self.world.connectwise, "POST", "/_sim/acts", order)
        result: int | None = json.loads(answer.body)["result"]
        return result

    def tickets(self) -> Sequence[TrueTicket]:
        return read_tickets(
            json.loads(control(self.world.connectwise, "GET", "/_sim/truth", b"").body)
        )

    def mails(self) -> Sequence[TrueMail]:
        return read_mails(
            json.loads(control(self.world.connectwise, "GET", "/_sim/truth", b"").body)
        )

    def companies(self) -> Sequence[TrueCompany]:
        return read_companies(
            json.loads(control(self.world.gravityzone, "GET", "/_sim/truth", b"").body)
        )

    def additions(self) -> Sequence[TrueAddition]:
        return read_additions(
            json.loads(control(self.world.connectwise, "GET", "/_sim/truth", b"").body)
        )

    def invoices(self) -> Sequence[TrueInvoice]:
        return read_invoices(
            json.loads(control(self.world.connectwise, "GET", "/_sim/truth", b"").body)
        )

    def ledger(self) -> LedgerContents:
        ledger = self.world.ledger
        settled = [record for month in self.months for record in ledger.all_settled_records(month)]
        return LedgerContents(
            records=[*ledger.all_open_records(), *settled],
            standings={standing.company_id: standing for standing in ledger.all_standings()},
        )

    def expected(self) -> Sequence[Expected]:
        return expected_additions(
            self.scenario,
            self.companies(),
            demo_months(self.present),
            agreement_type=DEMO_AGREEMENT_TYPE,
            today=self.present,
        )

    def compared(self) -> Comparison:
        return compare(self.scenario, self.expected(), self.additions(), product=DEMO_PRODUCT)

    def addition(self, company: str, month: str) -> TrueAddition:
        """The Addition of a company and month (`yyyy-mm`)."""
        agreement = next(each.agreement_id for each in self.expected() if each.company == company)
        return next(
            each
            for each in self.additions()
            if each.agreement_id == agreement and str(each.effective)[:7] == month
        )
