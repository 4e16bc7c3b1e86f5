"""Starting and stopping a local MLflow server."""
