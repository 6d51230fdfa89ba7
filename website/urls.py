from django.urls import path

from website import views

urlpatterns = [
    path("", views.home, name="home"),
    path("prices/", views.prices, name="prices"),
    path("medical-massage/", views.medical_massage, name="medical-massage"),
    path("insurance/", views.insurance, name="insurance"),
]
