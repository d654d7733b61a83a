"""Stepwell: workflows for machine learning and data science."""
