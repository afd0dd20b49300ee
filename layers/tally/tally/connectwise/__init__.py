"""The adapter to the ConnectWise PSA REST API."""
