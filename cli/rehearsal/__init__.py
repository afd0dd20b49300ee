"""Doing as if: ports that read the real world and keep to themselves what would be written."""
