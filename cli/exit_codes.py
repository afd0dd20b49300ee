"""The exit codes of the command."""

DONE = 0
"""The command did its work."""

FINDINGS = 1
"""The command did its work, and found something that a person has to look at."""

NOT_DONE = 2
"""The command did not do its work, because of its usage or its set-up."""
