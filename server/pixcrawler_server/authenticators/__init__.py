"""Ways to tell who sends a request, a module each."""
