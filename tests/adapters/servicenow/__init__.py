"""The ServiceNow adapter, over real HTTP against the simulated instance, and against single recorded answers."""
