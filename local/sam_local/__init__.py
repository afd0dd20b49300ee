"""The program of `make sam-local`: the events of `events/` through `sam local invoke`.

They run against a local stack that containers reach. The modules import `local`, `simulators` and
the product, but neither `testing` nor `verification`.
"""
