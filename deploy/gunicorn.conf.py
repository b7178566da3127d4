# gunicorn serves the page and the HTTP API: cd /opt/xinwen && .venv/bin/gunicorn -c deploy/gunicorn.conf.py
# It is not among our packages: .venv/bin/pip install gunicorn==27.0.1
import os
import shutil
import tempfile

bind = "unix:/run/xinwen/api.socket"
umask = 0o117  # the socket has mode 0660: the group, such as a proxy's, may connect
chdir = "/opt/xinwen"
raw_env = ["XINWEN_DATA=/var/lib/xinwen"]

# Each process holds the index. One of them matches for the watches; requests are counted over all.
workers = 2
worker_class = "asgi"  # or "uvicorn_worker.UvicornWorker", of uvicorn-worker==0.4.0
# Everybody needs a token. Arguments: names=['news.example.org'], rate=10, needs_token=False.
wsgi_app = "service.asgi:application()"

keepalive = 75  # seconds; the proxy in front must be the one that closes (nginx: after 60)
timeout = 600  # seconds without a sign of life, which a process does not give while it loads the index
graceful_timeout = 15  # seconds for answers that have begun
control_socket_disable = True
forwarded_allow_ips = ""  # over a port nobody is believed about who asks; on the socket the application reads it


def on_starting(server):
    """In the first process: what is wrong with the database is reported in one line; /metrics counts all processes."""
    from service.asgi import check_start

    check_start()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="xinwen-metrics-")


def on_exit(server):
    """In the first process, at the end."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
