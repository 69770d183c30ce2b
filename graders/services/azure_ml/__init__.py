"""Azure ML: workspace, training, models, endpoints, and the scoring query."""
