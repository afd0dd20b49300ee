"""Simulators of GravityZone and ConnectWise, in-process or as small HTTP programs.

A simulator answers a `Request` with a `Response` and never sees a socket; `adapter` mounts one on a
`requests` session, `server` puts one behind a port. The modules import the standard library,
`requests` and pydantic: nothing of the product, and none of the other stand-ins.
"""
