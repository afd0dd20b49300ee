"""The control calls that only this simulator has, below `/_sim/`."""

from typing import Any, Protocol

from pydantic import TypeAdapter, validate_call

from simulators.connectwise.billing_truth import Truth
from simulators.connectwise.desk import Desk, DeskPeople
from simulators.connectwise.documents import Documents
from simulators.connectwise.options import ConnectWiseOptions
from simulators.connectwise.people import People
from simulators.connectwise.tenant import Tenant
from simulators.control_calls import parse_object
from simulators.core import Response, json_response

CONNECTWISE_HELP = """\
control calls of connectwise:
  GET    /_sim/truth     {"additions": [...], "invoices": [...], "agreements": [...],
                         "companies": [...], "documents": [...], "tickets": [...],
                         "mails": [...]}: every Addition that ever was, with who made, changed
                         and deleted it ("api" or a person's name), every invoice with its
                         lines, every document, every ticket with its notes, and every mail to
                         a person outside
  POST   /_sim/acts      {"act": "set_quantity", "addition_id": 7, "quantity": 12, "by": "jlee"}:
                         what a person does past the API; answers {"result": id or null}. Acts:
                         add_addition, edit_addition, set_quantity, set_terms, cancel_addition,
                         delete_addition, show_open_end, add_agreement, edit_agreement,
                         cancel_agreement, offboard, expire_agreement, renew_agreement,
                         double_agreement, copy_addition, delete_agreement, set_invoicing,
                         run_invoice, delete_invoice, mark_invoiced, allow_invoiced_periods,
                         set_parent, add_company, rename_company, delete_company, merge_company,
                         remove_company, edit_product, edit_agreement_type, add_document,
                         delete_document; at the service desk add_board, add_status, add_type,
                         add_team, add_priority, add_source, add_member, edit_desk,
                         set_default_contact, add_rule, drop_rules, add_note, add_note_as,
                         mail_reply, customer_note, add_time_entry, edit_note,
                         set_ticket_status, edit_ticket, merge_ticket, bundle_ticket,
                         convert_ticket, move_ticket, change_ticket_company, delete_ticket
  GET    /_sim/options   how this tenant behaves
  PATCH  /_sim/options   {"list_lag": "PT90S", "is_cloud": true, ...}: changes the options named
  POST   /_sim/codebase  {"codebase": "v2025_2"}: moves there; the one before answers 404
"""


class Controlled(Protocol):
    """The parts of a simulator that its control calls use."""

    options: ConnectWiseOptions
    tenant: Tenant
    people: People
    documents: Documents
    desk: Desk
    desk_people: DeskPeople

    @property
    def truth(self) -> Truth:
        """The record of all that really happened."""
        ...

    def move_codebase(self, codebase: str) -> None:
        """Move to another codebase."""
        ...


_OPTIONS: TypeAdapter[ConnectWiseOptions] = TypeAdapter(ConnectWiseOptions)


def control_call(simulator: Controlled, method: str, path: str, body: bytes) -> Response | None:
    """Answer one of this simulator's control calls, or return None for any other.

    Raise ValueError, LookupError or TypeError for a wrong body.
    """
    match method, path:
        case "GET", "/_sim/truth":
            return json_response(_truth(simulator))
        case "POST", "/_sim/acts":
            return json_response({"result": _act(simulator, parse_object(body))})
        case "GET", "/_sim/options":
            return _options(simulator)
        case "PATCH", "/_sim/options":
            _set_options(simulator, parse_object(body))
            return _options(simulator)
        case "POST", "/_sim/codebase":
            simulator.move_codebase(str(parse_object(body)["codebase"]))
            return _options(simulator)
    return None


def _truth(simulator: Controlled) -> dict[str, Any]:
    simulator.tenant.turn_the_day()
    return {
        "additions": [addition.as_json() for addition in simulator.truth],
        "invoices": [invoice.as_json() for invoice in simulator.truth.invoices()],
        "agreements": [document.fields for document in simulator.tenant.agreements.current()],
        "companies": [document.fields for document in simulator.tenant.companies.current()],
        "documents": [document.as_json() for document in simulator.documents],
        "tickets": [
            {**each, "notes": simulator.desk.all_notes(each["id"])} for each in simulator.desk
        ],
        "mails": [mail.as_json() for mail in simulator.desk.mails],
    }


def _act(simulator: Controlled, order: dict[str, Any]) -> int | None:
    act = str(order.pop("act"))
    who = simulator.desk_people if hasattr(simulator.desk_people, act) else simulator.people
    method = None if act.startswith("_") else getattr(who, act, None)
    if method is None:
        raise LookupError(f"no act {act}")
    result: int | None = validate_call(method)(**order)
    return result


def _options(simulator: Controlled) -> Response:
    options = _OPTIONS.dump_python(simulator.options, mode="json")
    if options["credentials"] is not None:
        options["credentials"] = "given"
    return json_response(options)


def _set_options(simulator: Controlled, changes: dict[str, Any]) -> None:
    present = _OPTIONS.dump_python(simulator.options)
    changed = _OPTIONS.validate_python({**present, **changes})
    for name in changes:
        setattr(simulator.options, name, getattr(changed, name))
