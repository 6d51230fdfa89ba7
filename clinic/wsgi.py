import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

application = get_wsgi_application()

# After the setup: models are needed to check which keys the data was encrypted with.
from clinic.rotation import keys  # noqa: E402

keys.require_if_possible()
