"""What gunicorn serves: gunicorn wsgi:app."""

from functools import partial

from app import create_app
from dispatch.settings import Settings
from workers.aside import Aside
from workers.logs import set_up_logging
from workers.store_socket import install

settings = Settings.from_process()
set_up_logging(settings.log_format)
install()
app = create_app(settings)
app.extensions["aside"] = partial(Aside, app)  # for the worker, which loads nothing before this
