"""Questions and answers as every interface has them: command line, HTTP, page and Python."""
