"""The pulse of a deployment as the command tells it: its setting, and its memory in the ledger."""

from dataclasses import dataclass, field
from typing import Self

from cli.stack import Stack
from tally.domain.pulse.state import Pulse
from tally.domain.reporting.pulse_words import pulse_sentence, pulse_warning

_BY_SETTING = (
    "The pulse is off by the setting PulseMinutes, which is 0: totals of partners are not looked "
    "at, and every company is read at every tick."
)
_SWITCHED_OFF = "switched off"


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseState:
    """The pulse as it stands.

    - ``word``: ``off by setting``, ``unproven``, ``proven`` or ``switched off``.
    - ``sentence`` says so to a person.
    - ``warning`` is the sentence if it was switched off after a contradiction, else "".
    """

    word: str
    sentence: str
    warning: str = ""
    memory: Pulse = field(default_factory=Pulse)

    @classmethod
    def of(cls, stack: Stack) -> Self:
        """Read it. Raises TallyError."""
        # The ledger may remember an earlier pulse, which says nothing while the setting is 0.
        if not stack.settings().pulse_minutes:
            return cls(word="off by setting", sentence=_BY_SETTING)
        memory = stack.pulse().read()
        warning = pulse_warning(memory)
        return cls(
            word=_SWITCHED_OFF if warning else memory.proof.trust.value,
            sentence=pulse_sentence(memory),
            warning=warning,
            memory=memory,
        )

    @property
    def is_switched_off(self) -> bool:
        """True after a contradiction, until a person switches it on again."""
        return bool(self.warning)
