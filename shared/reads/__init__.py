"""What people may see: every read takes a `Viewer` first and goes through `visible_to`."""
