"""``xinwen doctor``: is everything there that Xinwen needs on this machine? It works where libraries are missing."""
