"""Word for people what has become of the pulse: whether totals of partners are believed (PULSE-3).

The mail and the command say it alike.
"""

from tally.domain.pulse.state import NEEDED, Pulse, Trust


def pulse_sentence(pulse: Pulse) -> str:
    """Say whether totals of partners spare readings, and why not if they do not."""
    return _SENTENCES[pulse.proof.trust](pulse)


def pulse_warning(pulse: Pulse) -> str:
    """Return the sentence if the pulse was switched off, which a person should know; else ""."""
    return pulse_sentence(pulse) if pulse.proof.trust is Trust.OFF else ""


def _unproven(pulse: Pulse) -> str:
    proof = pulse.proof
    rise = "" if proof.rise_seen else ", and no rise was seen yet on both sides"
    last = f" Last of all: {proof.why}." if proof.why else ""
    return (
        f"The pulse is unproven: of {NEEDED} complete sweeps in a row that must agree, "
        f"{proof.agreed} did{rise}.{last} Until then every company is read at every tick."
    )


def _proven(pulse: Pulse) -> str:
    return (
        f"The pulse is proven{_since(pulse)}: between full sweeps a company is read when a total "
        "of its partner's has moved, in samples, and when something is to be done for it."
    )


def _off(pulse: Pulse) -> str:
    return (
        f"The pulse is switched off{_since(pulse)}, because totals of partners were wrong: "
        f"{pulse.proof.why}. No bill depends on them. Every company is read at every tick, so that "
        "a change is on its Addition later by some minutes. `tally pulse` says what to do."
    )


def _since(pulse: Pulse) -> str:
    since = pulse.proof.since
    return "" if since is None else f" since {since:%Y-%m-%d %H:%M} GMT"


_SENTENCES = {Trust.UNPROVEN: _unproven, Trust.PROVEN: _proven, Trust.OFF: _off}
