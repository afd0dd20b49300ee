"""Word what people are told of facts: notices, and questions about changed Additions.

Texts of one kind of hold stand in ``domain.holds``. May import ``domain.facts`` and what is below
it. Nothing is decided here.
"""
