"""What an operator's program meets: /api."""
