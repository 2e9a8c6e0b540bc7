"""One module for each group of rows: `measure(quick)` gives its findings."""
