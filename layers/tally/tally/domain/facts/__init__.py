"""Answer what is so: how many are owed, where a line may stand, what stands.

``job_facts`` holds what a job knows; ``owed``, ``place`` and ``sighting`` are three of the core's
five questions. May import ``domain.model`` and ``domain.record``. Nothing is decided here.
"""
