"""The use cases: what scanners, operators and upkeep can have done."""
