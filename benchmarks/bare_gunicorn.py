"""How gunicorn serves the bare Flask views: its own gevent worker, and nothing else of ours."""

worker_class = "gevent"
worker_connections = 2000
keepalive = 75  # as ours: no connection is opened anew in a round
control_socket_disable = True
accesslog = None
loglevel = "warning"
