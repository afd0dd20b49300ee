"""Convert usage records that were stored before schema 1.

A deployment meets them in mid-month. An old line that was only being opened becomes the claim. An
old line does not say if it was for late usage: its days and the lines beside it tell.
"""

from collections.abc import Callable, Iterator, Mapping

from tally.ledger.form import Plain

_SAID = {
    "accepted": "lower",
    "kept": "keep-fallen",
    "rejected": "keep-grown",
    "left-out": "leave-out",
    "stands": "keep-children",
    "waived": "waive",
}
_SETTLED = ("frozen", "final")


def upgraded(old: Plain, *, month: str) -> Plain:
    """Return the fields of an unversioned record as schema 1 has them.

    ``month`` is the record's month as ``yyyy-mm``.
    """
    lines = old.get("lines", [])
    new: Plain = {
        "schema": 1,
        "seen_tick": old["seen_tick"],
        "state": old["state"],
        "lines": [_line(each, old, month) for each in lines if each["state"] != "opening"],
        "rulings": list(_rulings(old)),
    }
    for name, value in (
        ("claim", _claim(old, month)),
        ("hold", _hold(old)),
        ("refusal", _refusal(old, month)),
        ("closing", _closing(old)),
    ):
        if value is not None:
            new[name] = value
    new |= {name: old[name] for name in ("notices", "children") if name in old}
    return new


def _place(line: Plain, old: Plain, month: str) -> Plain:
    place = {name: line[name] for name in ("agreement_id", "product_id", "effective", "cancelled")}
    return {**place, "late": True} if _is_late(line, old, month) else place


def _is_late(line: Plain, old: Plain, month: str) -> bool:
    others = [each for each in old.get("lines", []) if each["number"] < line["number"]]
    if any(each["state"] in _SETTLED for each in others):
        return True
    if line["state"] != "opening":
        return str(line["effective"])[:7] > month
    succeeds = any(each["state"] == "void" for each in others)
    return line["number"] > 0 and (not succeeds or str(line["effective"])[:7] > month)


def _line(line: Plain, old: Plain, month: str) -> Plain:
    written = {"quantity": line.get("pushed", 0), "at": line.get("pushed_at", old["seen_tick"])}
    if line.get("unconfirmed"):
        written["unsure"] = line["unconfirmed"]
    if line.get("echoes"):
        written["echoes"] = line["echoes"]
    if line.get("bill_customer"):
        written["flag"] = line["bill_customer"]
    return {
        "number": line["number"],
        "state": line["state"],
        "place": _place(line, old, month),
        "reference": line["reference"],
        "addition_id": line["addition_id"],
        "written": written,
        **({"terms": line["terms"]} if "terms" in line else {}),
    }


def _claim(old: Plain, month: str) -> Plain | None:
    line = old["lines"][-1] if old.get("lines") else None
    if line is None or "intent" not in line:
        return None
    intent, number = line["intent"], line["number"]
    write: Plain = {"write": intent["kind"], "number": number}
    if intent["kind"] in ("post", "take-over"):
        write |= {"place": _place(line, old, month), "quantity": intent["quantity"]}
    if intent["kind"] == "take-over":
        write["addition_id"] = old.get("given", 0)
    if intent["kind"] == "patch":
        write["quantity"] = intent["quantity"]
    return {"write": write, "at": intent["at"]}


def _rulings(old: Plain) -> Iterator[Plain]:
    unknown = {"by": "", "at": old["seen_tick"]}
    for name, said in (("baseline", "grow"), ("late", "late"), ("given", "give")):
        if name in old:
            yield {"said": said, **_number(old[name]), **unknown}
    if "answer" in old:
        yield _answered(old["answer"])
    for each in old.get("left_so", []):
        yield {"said": "as-seen", "about": [each], **unknown}
    if "asked" in old:
        yield {"said": "asked", **unknown}


def _answered(answer: Plain) -> Plain:
    about = {"about": answer["children"]} if answer.get("children") else {}
    return {
        "said": _SAID[answer["verdict"]],
        **_number(answer["quantity"]),
        "by": answer["by"],
        "at": answer["at"],
        **about,
    }


def _number(number: int | None) -> Plain:
    # Schema 1 leaves defaults out, and 0 is the default of a ruling's number.
    return {"number": number} if number else {}


def _hold(old: Plain) -> Plain | None:
    hold = old.get("hold")
    if hold is None:
        return None
    kind = _kind(hold)
    own = _OF_KIND.get(kind, _of_total)(hold)
    return {"kind": kind, "why": hold.get("why", ""), "since": hold["since"], **own}


def _of_children(hold: Plain) -> Plain:
    grown = {"grown": True} if hold.get("grown") else {}
    return {"counted": hold["quantity"], "children": hold.get("children", []), **grown}


def _of_strangers(hold: Plain) -> Plain:
    return {"wanted": hold["quantity"], "additions": hold.get("foreign", [])}


def _of_altered(hold: Plain) -> Plain:
    return {"total": hold["quantity"], "line": hold["line"], "shown": hold.get("seen", "")}


def _of_settled(hold: Plain) -> Plain:
    stands = {"stands": hold["stands"]} if "stands" in hold else {}
    return {**_of_altered(hold), **stands}


def _of_total(hold: Plain) -> Plain:
    return {"total": hold["quantity"]}


_OF_KIND: Mapping[str, Callable[[Plain], Plain]] = {
    "fall": lambda hold: {"counted": hold["quantity"]},
    "growth": lambda hold: {"agreed": hold["quantity"]},
    "children": _of_children,
    "unwritten": lambda hold: {"number": hold["quantity"]},
    "foreign": _of_strangers,
    "settled-edited": _of_settled,
    "altered": _of_altered,
    "edited": lambda hold: {"total": hold["quantity"], "stands": hold["stands"]},
}


def _kind(hold: Plain) -> str:
    if hold["kind"] == "late":
        return "unwritten" if "stands" in hold else "late"
    if hold["kind"] != "changed":
        return str(hold["kind"])
    if "line" in hold:
        altered = " has " in hold.get("seen", "")
        return "altered" if altered else "settled-edited"
    return "edited" if "stands" in hold else "broken"


def _refusal(old: Plain, month: str) -> Plain | None:
    """Return the refusal; its fingerprint names the write and the version of the agreement."""
    refusal = old.get("refusal")
    if refusal is None or not old.get("lines"):
        return None
    kind, *rest = refusal["fingerprint"].split(" ")
    line, total = old["lines"][-1], refusal.get("total", 0)
    kept = {"why": refusal["why"], "at": refusal["since"], "total": total}
    if kind == "patch":
        beside = sum(each.get("pushed", 0) for each in old["lines"][:-1]) - old.get("credited", 0)
        write = {"write": "patch", "number": line["number"], "quantity": int(rest[0])}
        return {
            **kept,
            "write": write,
            "version": " ".join(rest[2:]),
            "total": total or beside + int(rest[0]),
        }
    write = {
        "write": kind,
        "number": line["number"],
        "place": _place(line, old, month),
        "quantity": total,
    }
    if kind == "take-over":
        return {**kept, "write": {**write, "addition_id": int(rest[0])}, "version": ""}
    return {**kept, "write": write, "version": rest[1]}


def _closing(old: Plain) -> Plain | None:
    if old["state"] != "closed" and not old.get("credited"):
        return None
    closing: Plain = {"count": old.get("count", 0)}
    closing |= {name: old[name] for name in ("floor", "credit") if name in old}
    closing |= {"credited": old["credited"]} if old.get("credited") else {}
    return {**closing, "reread": True} if "reread" in old else closing
