"""What a run needs of this machine and of the tenant, asked for before anything is collected."""
