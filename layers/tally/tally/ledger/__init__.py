"""Keep the ledger on DynamoDB: one table, one sparse index.

``dynamodb`` is the adapter; ``keys`` says where an item stands, ``items`` and ``record_codec`` how it
is stored. May import the domain, ``errors``, ``ports`` and ``aws``.
"""
