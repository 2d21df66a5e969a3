"""REST routes, one module per noun; each writes to Kubernetes as the person who calls."""
