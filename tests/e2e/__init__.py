"""Pages as a person sees them, in headless Chromium, with pictures kept in `e2e-pictures/`."""
