"""The ledger on DynamoDB: one table, one sparse index."""
