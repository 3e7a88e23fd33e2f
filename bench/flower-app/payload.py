"""Weights that travel: the client returns them plus noise, the server averages. Nothing is trained."""

import hashlib
import json
import os
import time

import numpy as np
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg

client = ClientApp()
server = ServerApp()


@client.train()
def train(message: Message, context: Context) -> Message:
    generator = np.random.default_rng()
    arrays = [
        array + np.float32(0.01) * generator.standard_normal(array.shape, dtype=np.float32)
        for array in message.content["arrays"].to_numpy_ndarrays()
    ]
    metrics = MetricRecord({"num-examples": 1})
    return Message(
        content=RecordDict({"arrays": ArrayRecord(arrays), "metrics": metrics}), reply_to=message
    )


@server.main()
def main(grid: Grid, context: Context) -> None:
    config = context.run_config
    each = int(config["bytes"]) // 4 // int(config["tensors"])
    generator = np.random.default_rng(1)
    initial = [
        np.float32(0.02) * generator.standard_normal(each, dtype=np.float32)
        for _ in range(int(config["tensors"]))
    ]

    def note(round_number: int, arrays: ArrayRecord) -> None:
        """The end of a round, with the digest of its weights."""
        digest = hashlib.sha256()
        for array in arrays.to_numpy_ndarrays():
            digest.update(array.tobytes())
        line = {"round": round_number, "time": time.time(), "weights": digest.hexdigest()}
        with open(str(config["log"]), "a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
            log.flush()
            os.fsync(log.fileno())

    strategy = FedAvg(fraction_evaluate=0.0, min_train_nodes=2, min_available_nodes=2)
    strategy.start(
        grid=grid,
        initial_arrays=ArrayRecord(initial),
        num_rounds=int(config["rounds"]),
        evaluate_fn=note,
    )
