"""Serves the speed of PyTorch at the same networks, in an interpreter that has PyTorch and nothing of this project.

python torch_worker.py SETTINGS, a JSON object {network: {kernel_size, filters, pool_after, dense_units, optimizer}}.
"""

import json
import sys
import time

import torch
from torch import nn
from workers import serve

SETTINGS = json.loads(sys.argv[1])


def build(kernel_size, filters, pool_after, dense_units, **_):
    layers, channels, side = [], 3, 32
    for number, after in enumerate(filters, start=1):
        layers += [nn.Conv2d(channels, after, kernel_size, padding="same"), nn.ReLU()]
        channels = after
        if number in pool_after:
            layers.append(nn.MaxPool2d(2))
            side //= 2
    layers.append(nn.Flatten())
    before = channels * side * side
    for units in dense_units:
        layers += [nn.Linear(before, units), nn.ReLU()]
        before = units
    return nn.Sequential(*layers, nn.Linear(before, 10)).to(memory_format=torch.channels_last)


models = {}


def ready(network):
    if network not in models:
        model = build(**SETTINGS[network])
        optimizer = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[SETTINGS[network]["optimizer"]]
        models[network] = model, optimizer(model.parameters(), lr=SETTINGS[network]["learning_rate"])
    return models[network]


def train(network, images, labels):
    model, optimizer = ready(network)
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(images), labels).backward()
    optimizer.step()


def infer(network, images, labels):
    with torch.inference_mode():
        ready(network)[0](images)


def answer(what, network=None, size=None, steps=None):
    if what == "versions":
        return {"torch": torch.__version__, "threads": torch.get_num_threads()}
    images = torch.rand(size, 3, 32, 32).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (size,))
    step = {"training": train, "inference": infer}[what]
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        step(network, images, labels)
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds}


serve(answer)
