"""The subcommands of ``python -m graders``, a module each: ``add_to`` adds its options."""
