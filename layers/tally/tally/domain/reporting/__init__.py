"""Tell people how billing stands: the digest, the overview, totals, vital signs.

``digest`` writes the mail and ``letter`` sets it; ``overview`` is a row a company;
``pulse_words`` tells of the pulse. May import all of the domain but ``decision`` and ``texts``.
"""
