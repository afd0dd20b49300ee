"""The deployment that the command works on: its parts in AWS, its vendors and its secret."""
