"""Simulators of the two APIs that Tally stands between, in-process or as small HTTP programs.

A simulator never sees a socket: it answers a `Request` with a `Response` (`core`), by a `VirtualClock`
(`clock`) and with the faults ordered from it (`faults`). `adapter` mounts one on a `requests` session,
`server` puts one behind a port. `docs/simulators.md` describes the programs.
"""
