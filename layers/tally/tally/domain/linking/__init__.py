"""Link a GravityZone company to a ConnectWise company: by name once, else by a person.

``matching`` compares names, ``likeness`` finds near misses, ``link_changes`` has a person's word.
May import ``domain.model`` and ``domain.record``.
"""
