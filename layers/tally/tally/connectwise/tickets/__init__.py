"""Service tickets in ConnectWise: asked in, and read for answers (ASK-1 to 8).

``client`` makes the calls, ``rows`` reads their answers, ``sent`` holds the bodies of writes and
``desk_names`` finds boards and statuses by name. May import ``connectwise`` and what that imports.
The functions that plan and bill do not import this room.
"""
