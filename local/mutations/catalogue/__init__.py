"""All mutations, in the order of the rules."""

from local.mutations.catalogue.adapters import ADAPTERS
from local.mutations.catalogue.counting import COUNTING
from local.mutations.catalogue.finding import FINDING
from local.mutations.catalogue.following import FOLLOWING
from local.mutations.catalogue.opening import OPENING
from local.mutations.catalogue.questions import QUESTIONS
from local.mutations.catalogue.safety import SAFETY
from local.mutations.mutation import Mutation

MUTATIONS: tuple[Mutation, ...] = (*COUNTING, *FINDING, *OPENING, *FOLLOWING, *SAFETY, *QUESTIONS, *ADAPTERS)
