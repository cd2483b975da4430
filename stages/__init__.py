"""The pipeline's stages: each verb is a package that DVC runs as `python -m stages.<verb>`."""
