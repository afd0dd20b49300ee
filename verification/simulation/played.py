"""What is counted of the seeds that were played."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Played:
    """The result of one seed."""

    seeds: int = 1
    company_months: int = 0
    steps: int = 0
    jobs: int = 0
    calls: int = 0
    lived: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    pulse: Counter[str] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Played") -> None:
        """Count another one in."""
        self.seeds += other.seeds
        self.company_months += other.company_months
        self.steps += other.steps
        self.jobs += other.jobs
        self.calls += other.calls
        self.lived.update(other.lived)
        self.faults.update(other.faults)
        self.pulse.update(other.pulse)
        self.evidence.update(other.evidence)
