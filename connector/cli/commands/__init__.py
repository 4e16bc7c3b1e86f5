"""One module per subcommand; each has it as ``command``."""
