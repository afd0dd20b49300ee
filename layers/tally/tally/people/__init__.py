"""Do what people ask for: answer a hold, set up a customer, show how all stand, state a month.

``hold_answers`` and ``company_setup`` write to the ledger alone; ``read_overview`` and
``read_statements`` read. May import the domain and what all rooms share, and no adapter.
"""
