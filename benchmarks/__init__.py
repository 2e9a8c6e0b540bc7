"""Measurements: each claim about speed or memory is a ratio from one run of these."""
