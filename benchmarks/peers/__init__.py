"""Other queues doing the same: each consumer runs by itself, and prints one line of JSON."""
