"""The events of `events/` through `sam local invoke`, against a local stack that containers reach."""
