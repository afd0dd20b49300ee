"""Texts made fit to be shown: bounded, printable, and such that every store and screen takes them (SAFE-10)."""


def fit(text: str, longest: int) -> str:
    """One printable line of at most ``longest`` characters, cut with a "…"; spaces stay as they are, since names may differ by one."""
    shown = text[: longest + 1]
    if not shown.isprintable():
        shown = "".join(char if char.isprintable() else " " for char in shown)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
