"""Do what people ask for: answer a hold, set up a customer, show how all customers stand.

``use_cases`` writes to the ledger alone; ``overview`` reads. May import the domain and what all
rooms share, and no adapter.
"""
