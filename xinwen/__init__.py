"""``xinwen``: one command for everything. It loads nothing but what the command needs."""
