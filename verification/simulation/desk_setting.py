"""A seed's service desk: if holds are asked about in tickets, and how the MSP has set that up.

It is drawn from a key of its own, so that a seed without it is played as it was.
"""

from dataclasses import dataclass

from simulators.connectwise.desk.example import CONTRACTOR, CUSTOMER, JANE, PETER, ROBOT
from tally.domain.asking.answer import Answerers
from tally.domain.model.standing import StandingState
from verification.simulation.draws import Draw, drawn
from verification.simulation.setting import Shape

TICKETS = "holds are asked about in tickets"
"""As a shape may leave it out."""

LEFT_US = "GoneG"
"""A member with a full licence who has left the MSP."""
STRANGERS = (CONTRACTOR, CUSTOMER, ROBOT, LEFT_US)
"""Members whose answers never count, unless subcontractors' do."""

_OFTEN = 1 / 3
_BUSY = (0.5, 0.8, 0.95)
_TROUBLED = (StandingState.NEEDS_SETUP, StandingState.FAILING)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSetting:
    """How tickets are used. ``listed`` are members, none for all with a full licence.

    ``standings`` get tickets beside holds. With ``contacts`` each company has one, which new
    tickets get by themselves. ``rule`` is what a workflow rule does now and then: closes tickets
    that are made or noted, or nothing. ``busy`` is the probability of one more act in a ticket.
    """

    listed: tuple[str, ...]
    subcontractors: bool
    standings: tuple[StandingState, ...]
    contacts: bool
    rule: str
    busy: float

    @property
    def answerers(self) -> Answerers:
        """Return them as the product's setting has them."""
        return Answerers(listed=self.listed, subcontractors=self.subcontractors)

    def __str__(self) -> str:
        return (
            f"holds are asked about in tickets; answers count of "
            f"{', '.join(self.listed) or 'all'}{' and subcontractors' * self.subcontractors}; "
            f"asked too: {', '.join(each.label for each in self.standings) or 'nothing'}; "
            f"contacts come by themselves: {self.contacts}; a rule {self.rule or 'does nothing'}; "
            f"busy {self.busy}"
        )


def desk_of(shape: Shape) -> DeskSetting | None:
    """Return how a seed uses tickets; None if it does not."""
    draw = drawn(shape.seed, Draw.DESK)
    if draw.random() >= _OFTEN or not shape.has(TICKETS):
        return None
    return DeskSetting(
        listed=draw.choice(((), (), (), (JANE, PETER.lower()), (JANE, CONTRACTOR))),
        subcontractors=draw.random() < 0.2,  # noqa: PLR2004 - few
        standings=draw.choice(((), (), _TROUBLED)),
        contacts=draw.random() < 0.3,  # noqa: PLR2004 - some
        rule=draw.choice(("", "", "", "made", "noted")),
        busy=draw.choice(_BUSY),
    )
