"""The catalogue of bugs, one module for each part of the rules, in the order of the rules.

`MUTATIONS` holds all of them. The modules import `verification.mutations.mutation` and nothing
else.
"""

from verification.mutations.catalogue.adapters import ADAPTERS
from verification.mutations.catalogue.asking import ASKING
from verification.mutations.catalogue.asking_played import ASKING_PLAYED
from verification.mutations.catalogue.attaching import ATTACHING
from verification.mutations.catalogue.counting import COUNTING
from verification.mutations.catalogue.evidence import EVIDENCE
from verification.mutations.catalogue.finding import FINDING
from verification.mutations.catalogue.following import FOLLOWING
from verification.mutations.catalogue.opening import OPENING
from verification.mutations.catalogue.proof import PROOF
from verification.mutations.catalogue.pulse import PULSE
from verification.mutations.catalogue.questions import QUESTIONS
from verification.mutations.catalogue.safety import SAFETY
from verification.mutations.mutation import Mutation

MUTATIONS: tuple[Mutation, ...] = (
    *COUNTING,
    *FINDING,
    *OPENING,
    *FOLLOWING,
    *SAFETY,
    *PULSE,
    *QUESTIONS,
    *ADAPTERS,
    *PROOF,
    *EVIDENCE,
    *ATTACHING,
    *ASKING,
    *ASKING_PLAYED,
)
