"""The deployed template on one machine: `make demo`, `make up` and `make sam-local`.

`stack` starts MiniStack and the simulators, and the others play and check what it runs. The modules
import the product and `simulators`, but neither `testing` nor `verification`; nothing is deployed.
"""
