"""Measures of calls, time, memory and money, over the simulators: `make bench`.

`docs/performance.md` tells the results. The modules import the product, `simulators` and `testing`;
nothing imports them but tests.
"""
