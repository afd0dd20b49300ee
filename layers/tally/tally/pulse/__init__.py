"""Read the totals of partners, and plan what has moved: the planner's firings between its ticks.

``firing`` is the use case, beside which a plain ``planner`` plans everything at each tick. May
import the domain, ``planner`` and what all rooms share.
"""
