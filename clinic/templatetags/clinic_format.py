"""The filters of `clinic.format`, for templates."""

from django import template

from clinic import format as formats

register = template.Library()

for _filter in (
    formats.money,
    formats.clock,
    formats.day,
    formats.longday,
    formats.us_date,
    formats.born,
    formats.years_old,
    formats.when,
    formats.iso_date,
    formats.iso_time,
):
    register.filter(_filter)
