"""Each platform as the admin meets it: the command line, the mapping that ships, and a simulated instance."""
