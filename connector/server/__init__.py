"""The daemon's own web server: probes, metrics, the status page, and room for the receiver of events."""
