"""CLIENTS: programs that the graders do not use, on the simulated tenant (``make clients``)."""
