"""All that touches Redis: keys, scripts, stores."""
