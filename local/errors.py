"""The errors of the programs in this folder."""


class LocalError(Exception):
    """A local stack could not do what was asked; the text says what, and where the log is."""
