"""The main job on one machine, by itself: `make demo`."""
