"""One machine in place of the clouds: simulators, stack and demo. Nothing here is deployed."""
