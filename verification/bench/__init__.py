"""What Tally costs in calls, time, memory and money, measured over the simulators: `make bench`, docs/performance.md."""
