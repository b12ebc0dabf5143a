"""Sign-in at a provider of OpenID Connect."""
