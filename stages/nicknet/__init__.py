"""The networks: architecture, the convolution that makes large kernels cheap, and what a network does with a batch.

Importing any module of this package prepares the process for TensorFlow, see runtime.prepare.
"""

from stages.nicknet import runtime

runtime.prepare()
