"""The stored names of holds that ask about an Addition that somebody has changed in ConnectWise."""

from tally.domain.holds import Altered, Broken, Edited, SettledEdited

CHANGED = (Altered.kind, Edited.kind, Broken.kind, SettledEdited.kind)
