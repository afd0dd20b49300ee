"""What can go wrong with the stand-ins."""


class LocalError(Exception):
    """A local stack could not do what was asked; the text says what, and where the log is."""
