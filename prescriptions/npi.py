"""The check of a prescriber's NPI; the clinic's own numbers pass the same one."""

from clinic.npi import SHAPE, check_digit, is_valid, tidy

__all__ = ["SHAPE", "check_digit", "is_valid", "tidy"]
