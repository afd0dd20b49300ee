"""Strategies for scopes of standings: of every kind, with any service's name."""

from hypothesis import strategies as st

from tally.domain.model.month import YEARS, Month
from tally.domain.model.standing import RecordScope, Scope

_MONTHS = st.builds(Month, st.sampled_from(YEARS), st.integers(1, 12))
RECORD_SCOPES = st.builds(RecordScope, _MONTHS, st.text())
SCOPES = RECORD_SCOPES | st.builds(Scope, st.none() | _MONTHS, st.none() | st.text())
