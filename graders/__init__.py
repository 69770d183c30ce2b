"""Collects what a learner built in the cloud as evidence. Depends on neither pytest nor Allure."""
