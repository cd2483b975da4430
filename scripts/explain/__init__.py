"""What every trained network says of one image, and why: a command beside the pipeline, no stage of it."""
