"""The API key's reach: hidden companies, and those that GravityZone tells nothing of."""

from dataclasses import dataclass, field

UNAUTHORIZED = -32001


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The refusal of calls about one company: its answer, and its methods (none named: all)."""

    code: int
    details: str
    status: int = 200
    methods: frozenset[str] = frozenset()
    form: object = None
    """The whole ``error``, of any form, in place of code and details."""


@dataclass(slots=True)
class Reach:
    """By company id. What is counted stays as it is."""

    hidden: set[str] = field(default_factory=set)
    """Companies out of the key's reach, with all below them. One may have been moved away, or its
    partner may have opted out of being seen."""
    refusals: dict[str, Refusal] = field(default_factory=dict)

    def hide(self, company_id: str) -> None:
        """Let no list or call know a company, nor whoever stands below it."""
        self.hidden.add(company_id)

    def show(self, company_id: str) -> None:
        """Let a company be seen again, and answered for."""
        self.hidden.discard(company_id)
        self.refusals.pop(company_id, None)

    def refuse(
        self,
        company_id: str,
        *methods: str,
        code: int = UNAUTHORIZED,
        details: str = "Not allowed.",
        status: int = 200,
        form: object = None,
    ) -> None:
        """Refuse calls about a company with an error; no methods: all calls."""
        self.refusals[company_id] = Refusal(
            code=code, details=details, status=status, methods=frozenset(methods), form=form
        )

    def refusal_of(self, method: str, company_id: str) -> Refusal | None:
        """Return the refusal of a call about a company, or None."""
        found = self.refusals.get(company_id)
        return (
            found if found is not None and (not found.methods or method in found.methods) else None
        )
