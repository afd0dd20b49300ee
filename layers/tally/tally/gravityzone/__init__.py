"""The adapter to Bitdefender's GravityZone Public API: reads only."""
