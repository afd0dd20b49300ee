"""Do one job: bring the usage records of one company-month up to date.

``delivery`` takes a message, ``sync`` does the job, ``rounds`` one record of it. May import the
domain and what all rooms share (``ports``, ``errors``, ``messages``), and no adapter.
"""
