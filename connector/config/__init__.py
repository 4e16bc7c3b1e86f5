"""What the admin declares in ``mlflow-grc.yaml``."""
