"""Allure: results during a run, and the report that is built from them."""
