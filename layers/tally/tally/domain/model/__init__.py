"""Define the nouns of billing: agreements, companies, months, readings, standings.

Each module has one of them, with what follows from its own fields. May import the standard
library and its neighbours alone: this is the ground floor.
"""
