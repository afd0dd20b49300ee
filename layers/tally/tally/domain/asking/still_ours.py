"""Which tickets are still ours to act on: not one that others merged, moved or deleted (ASK-7)."""

from tally.domain.asking import words
from tally.domain.asking.seen import SERVICE_TICKET, SeenTicket
from tally.domain.asking.ticket import Ticket


def not_ours_any_more(ticket: Ticket, seen: SeenTicket | None, *, board_id: int) -> str:
    """Say why a ticket is never acted on again; "" while it is ours (ASK-7).

    One that is closed is still read once more by ``next_step.step``.
    """
    if seen is None:
        return words.GONE
    found = (
        (seen.record_type != SERVICE_TICKET, words.CONVERTED),
        (seen.merged_into is not None, words.MERGED),
        (seen.parent_id is not None, words.BUNDLED),
        (seen.company_id != ticket.connectwise_id, words.OTHER_COMPANY),
        # Another board has its own statuses, for which the ids of ours mean nothing.
        (seen.board_id != board_id, words.OTHER_BOARD),
        (seen.reference != ticket.reference, words.OTHER_REFERENCE),
        # The last: where it is the only reason, ``asking.making`` takes the contact off (ASK-2).
        (seen.contact_id is not None or seen.mails, words.MAY_MAIL),
    )
    return next((why for is_so, why in found if is_so), "")
