"""One run of a job: what is asked of which source, in which order images are chosen, when it is enough."""
