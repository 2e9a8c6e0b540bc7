"""What the ingest counts and measures, served at /metrics in the form that Prometheus reads."""
