"""Word what people read of facts: notices, questions about changed Additions, invoice texts.

Texts of one kind of hold stand in ``domain.holds``. May import ``domain.facts`` and what is below
it. Nothing is decided here.
"""
