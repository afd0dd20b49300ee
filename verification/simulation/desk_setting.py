"""A seed's service desk: if holds are asked about in tickets, and how the MSP has set that up.

It is drawn from a key of its own, so that a seed without it is played as it was.
"""

from dataclasses import dataclass

from simulators.connectwise.desk.example import CONTRACTOR, CUSTOMER, JANE, PETER, ROBOT
from tally.asking.round import MOST_OPEN
from tally.domain.asking.answer import Answerers
from tally.domain.model.standing import StandingState
from verification.simulation.desk_rules import LATER_THAN_A_CONTACT, RULES
from verification.simulation.draws import Draw, drawn
from verification.simulation.setting import Shape

TICKETS = "holds are asked about in tickets"
"""As a shape may leave it out."""

LEFT_US = "GoneG"
"""A member with a full licence who has left the MSP."""
STRANGERS = (CONTRACTOR, CUSTOMER, ROBOT, LEFT_US)
"""Members whose answers never count, unless subcontractors' do."""

FEW_AT_ONCE = "few tickets at once"
"""As a shape may leave it out: then the bound is the product's."""

_OFTEN = 1 / 3
_BOUNDS = (1, 2, 4, *(MOST_OPEN,) * 6)
"""Of questions that are open at once; no seed has so many as the product's own."""
_BUSY = (0.5, 0.8, 0.95)
_TROUBLED = (StandingState.NEEDS_SETUP, StandingState.FAILING)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSetting:
    """How tickets are used. ``listed`` are members, none for all with a full licence.

    ``standings`` get tickets beside holds. With ``contacts`` each company has one, which new
    tickets get by themselves. ``rule`` is what a workflow rule does now and then
    (``desk_rules``), "" for nothing. ``busy`` is the probability of one more act in a ticket. At
    most ``most_open`` questions are open at once.
    """

    listed: tuple[str, ...]
    subcontractors: bool
    standings: tuple[StandingState, ...]
    contacts: bool
    rule: str
    busy: float
    most_open: int = MOST_OPEN

    @property
    def answerers(self) -> Answerers:
        """Return them as the product's setting has them."""
        return Answerers(listed=self.listed, subcontractors=self.subcontractors)

    def __str__(self) -> str:
        return (
            f"holds are asked about in tickets; answers count of "
            f"{', '.join(self.listed) or 'all'}{' and subcontractors' * self.subcontractors}; "
            f"asked too: {', '.join(each.label for each in self.standings) or 'nothing'}; "
            f"contacts come by themselves: {self.contacts}; rule: {self.rule or 'none'}; "
            f"busy {self.busy}; at most {self.most_open} at once"
        )


def desk_of(shape: Shape) -> DeskSetting | None:
    """Return how a seed uses tickets; None if it does not."""
    draw = drawn(shape.seed, Draw.DESK)
    if draw.random() >= _OFTEN or not shape.has(TICKETS):
        return None
    listed = draw.choice(((), (), (), (JANE, PETER.lower()), (JANE, CONTRACTOR)))
    subcontractors = draw.random() < 0.2  # noqa: PLR2004 - few
    standings = draw.choice(((), (), _TROUBLED))
    contacts = draw.random() < 0.3  # noqa: PLR2004 - some
    rules = sorted(RULES.keys() - LATER_THAN_A_CONTACT) if contacts else sorted(RULES)
    return DeskSetting(
        listed=listed,
        subcontractors=subcontractors,
        standings=standings,
        contacts=contacts,
        rule=draw.choice(("", *rules)),
        busy=draw.choice(_BUSY),
        most_open=draw.choice(_BOUNDS) if shape.has(FEW_AT_ONCE) else MOST_OPEN,
    )
