"""The examiner's bundle: what a supervisor asks to see, in one file that proves itself without mlflow-grc."""
