"""Names of the tags that a run has in MLflow: ours, and those that MLflow itself reads."""

# What a run is, whatever is logged of it; a hash of all that is; whose results it is of; whether files say so.
IDENTITY, CONTENT, WORKPLACE, CURRENT = "identity", "content", "workplace", "current"
PARENT, RUN_NAME = "mlflow.parentRunId", "mlflow.runName"
