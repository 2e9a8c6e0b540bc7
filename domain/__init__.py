"""What Scan Dispatch is about, in standard-library Python: addresses, ports, states, errors."""
