"""One module for each kind of service: sends a message once and says whether the service took it."""
