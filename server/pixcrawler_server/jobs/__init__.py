"""What the server does with jobs: what may be ordered, who runs them, and how they are followed."""
