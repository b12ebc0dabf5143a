"""Ways to have ordered jobs run, a module each."""
