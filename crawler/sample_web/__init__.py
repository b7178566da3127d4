"""The bundled sample web: recorded replies, served under the sites' real addresses."""
