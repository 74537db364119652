"""Every fault point once: a process of the product dies there, starts again, and nothing is lost (FAULTS T7)."""
