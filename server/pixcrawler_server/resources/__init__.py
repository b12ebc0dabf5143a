"""What answers at the paths of the API, a class each."""
