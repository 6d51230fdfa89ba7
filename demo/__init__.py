"""The demo clinic: made-up people, believable and coherent. Loaded once, into an empty database.

It lives on the top floor because it calls every floor below. All dates are relative to today.
"""
