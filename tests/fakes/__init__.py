"""Stand-ins that are tested themselves: each passes the contract tests of what it stands for."""
