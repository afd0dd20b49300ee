"""Tally: the GravityZone endpoint count of each customer, kept on its ConnectWise agreement."""
