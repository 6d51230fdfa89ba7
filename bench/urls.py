from __future__ import annotations

from django.urls import path

from bench.views import bare, one_query, signed_in
from clinic.urls import *  # noqa: F403
from clinic.urls import urlpatterns as product

# Below /healthz/ our middleware does not read the clinic: so one query is one query.
urlpatterns = [
    path("healthz/bench/bare/", bare),
    path("healthz/bench/one-query/<uuid:pk>/", one_query),
    path("bench/signed-in/", signed_in),
    *product,
]
