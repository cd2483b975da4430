"""The networks: their architecture and the convolution that makes their large kernels cheap."""
