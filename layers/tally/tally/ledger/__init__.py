"""Keep the ledger on DynamoDB: one table, one sparse index.

``dynamodb`` is the adapter. ``keys`` says where an item stands, and ``items`` and ``record_codec``
say how it is stored. May import the domain, ``errors``, ``ports`` and ``aws``.
"""
