"""All mutations, in the order of the rules."""

from verification.mutations.catalogue.adapters import ADAPTERS
from verification.mutations.catalogue.counting import COUNTING
from verification.mutations.catalogue.finding import FINDING
from verification.mutations.catalogue.following import FOLLOWING
from verification.mutations.catalogue.opening import OPENING
from verification.mutations.catalogue.questions import QUESTIONS
from verification.mutations.catalogue.safety import SAFETY
from verification.mutations.mutation import Mutation

MUTATIONS: tuple[Mutation, ...] = (
    *COUNTING,
    *FINDING,
    *OPENING,
    *FOLLOWING,
    *SAFETY,
    *QUESTIONS,
    *ADAPTERS,
)
