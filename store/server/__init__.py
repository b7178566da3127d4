"""The embedded mongod: finding the binary, starting, supervising and stopping it."""
