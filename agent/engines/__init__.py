"""What probes. Each engine is a module of its own behind the protocol in `engine`."""
