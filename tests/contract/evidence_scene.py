"""Evidence of many machines, with names and ids as GravityZone has them."""

import random
from datetime import UTC, date, datetime, timedelta

from tally.domain.evidence.evidence import Evidence, Fate, Machine, MachineProof
from tally.domain.model.month import Month

NOVEMBER = Month(2026, 11)
FIRST_WALK = datetime(2026, 11, 1, 3, 37, 4, 123456, tzinfo=UTC)
DROP_AT = datetime(2029, 12, 1, tzinfo=UTC)


def machine(chance: random.Random, number: int, company: str) -> Machine:
    """A machine that was proven, with the noise of real ids and instants."""
    name = f"{chance.choice(['DESKTOP', 'LAPTOP', 'SRV'])}-{chance.randrange(36**6):X}{number}"
    seen = FIRST_WALK + timedelta(seconds=chance.randrange(20 * 86400), microseconds=number)
    return Machine(
        id=f"{chance.randrange(16**24):024x}",
        name=name,
        fqdn=f"{name.lower()}.{company}.local",
        listed=date(2026, 11, 1),
        proof=MachineProof(seen=seen, read=seen + timedelta(seconds=chance.randrange(86400))),
    )


def evidence_of(count: int, *, company: str = "1" * 24, seed: int = 1) -> Evidence:
    """A month of so many machines, the first two with whatever else may stand."""
    chance = random.Random(f"{company} {seed}")
    machines = [machine(chance, number, company[-6:]) for number in range(count)]
    machines[:2] = [
        Machine(
            id=each.id,
            name=each.name + ' "\u202e😀<b>',
            fqdn="",
            listed=each.listed,
            fate=Fate.MOVED,
            gone=date(2026, 11, 9),
            moved_in=FIRST_WALK,
            asked=count,
        )
        for each in machines[:2]
    ]
    return Evidence(
        company_id=company,
        month=NOVEMBER,
        begun=FIRST_WALK,
        walked=FIRST_WALK + timedelta(days=3),
        machines=tuple(sorted(machines, key=lambda each: each.id)),
    )
