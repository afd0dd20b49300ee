"""What becomes of machines: deleted, back under a new id, cloned, reinstalled, gone for good."""

from simulators.gravityzone.endpoint import Endpoint
from simulators.gravityzone.options import Options
from simulators.gravityzone.tenant import Tenant


class Machines:
    """Changes of machines beyond connections and moves, which are the tenant's own."""

    def __init__(self, tenant: Tenant, options: Options) -> None:
        self.tenant = tenant
        self.options = options

    def delete(self, endpoint_id: str) -> None:
        """Move a machine to its company's group "Deleted".

        It connects no more under this id, and every count stays as it is.
        """
        self.tenant.drop_to_come(endpoint_id)
        self.tenant.endpoint(endpoint_id).deleted = True

    def come_back(self, endpoint_id: str) -> str:
        """Let a deleted machine connect again, which gives it a new id.

        It counts once more (documented): "identified as new endpoints and licensed again".
        """
        endpoint = self.tenant.endpoint(endpoint_id)
        if not endpoint.deleted:
            raise ValueError(f"machine {endpoint_id} is not deleted")
        return self._connect_anew(endpoint, endpoint.name)

    def purge(self, endpoint_id: str) -> None:
        """Let nothing know a machine any more, the group "Deleted" neither."""
        self.tenant.remove_endpoint(endpoint_id)

    def clone(self, endpoint_id: str, name: str) -> None:
        """Let a copy of a machine connect under the same id: two machines, counted once."""
        self.tenant.endpoint(endpoint_id).clones.append(name)
        self.tenant.check_in(endpoint_id)

    def separate(self, endpoint_id: str) -> str:
        """Reset the id of a machine's last clone: it connects as a machine of its own."""
        endpoint = self.tenant.endpoint(endpoint_id)
        if not endpoint.clones:
            raise ValueError(f"machine {endpoint_id} has no clone")
        return self._connect_anew(endpoint, endpoint.clones.pop())

    def reinstall(self, endpoint_id: str) -> str:
        """Let a machine connect after its agent was installed again, and return its id.

        By the option `reinstalled` it keeps its id, or has a new one and the old one is gone. It
        counts once either way.
        """
        if self.options.reinstalled == "same id":
            self.tenant.check_in(endpoint_id)
            return endpoint_id
        old = self.tenant.endpoint(endpoint_id)
        to_come = self.tenant.drop_to_come(endpoint_id)
        old.removed = True
        made = self._connect_anew(old, old.name, before=old)
        for check_in in to_come:
            self.tenant.check_in(made, check_in.at, lag=check_in.counted - check_in.at)
        return made

    def _connect_anew(self, like: Endpoint, name: str, *, before: Endpoint | None = None) -> str:
        made = self.tenant.add_endpoint(
            like.company_id,
            name=name,
            product_type=like.product_type,
            counters=tuple(counter.name for counter in like.counters),
            grouped=like.grouped,
        )
        self.tenant.endpoint(made).before = before
        self.tenant.check_in(made)
        return made
