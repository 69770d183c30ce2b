"""Allure: results while a run goes on, and the report that is built of them."""
