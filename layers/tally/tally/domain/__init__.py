"""The rules of billing as pure functions over frozen data: standard library only, no I/O, no clock."""
