"""Makes golden_logits.json: the logits that transformers gives for the models of Samples.main.

The models are written by Java (InitialWeights plus an exact pattern), loaded here as
LlamaForCausalLM, and asked for the logits of 16 tokens. GoldenLogitsTest compares.

Usage, with `pip install torch transformers` in a virtual environment:

    java -cp <test class path> org.dure.model.Samples MODELS
    python golden_logits.py MODELS model/src/test/resources/org/dure/model/golden_logits.json

Written with transformers 5.23.0 and torch 2.10.0 on CPU.
"""

import json
import sys

import torch
import transformers


def logits(folder, ids):
    model, info = transformers.LlamaForCausalLM.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True
    )
    wrong = [info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if info[key]]
    if wrong:
        sys.exit(f"{folder} does not load cleanly: {wrong}")
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0]


def main():
    models, target = sys.argv[1:]
    ids = [(i * 37 + 5) % 128 for i in range(16)]
    golden = {"tokens": ids}
    for name in ("tied", "untied"):
        rows = logits(f"{models}/{name}", ids)
        # Three positions are enough to see every part at work and keep the file small.
        golden[name] = {str(t): [round(v, 5) for v in rows[t].tolist()] for t in (0, 7, 15)}
    with open(target, "w") as file:
        json.dump(golden, file)
        file.write("\n")


main()
