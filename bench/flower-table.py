"""The newest run of each case in a file of bench/flower, Dure beside Flower."""

import json
import sys

ours, theirs = {}, {}
for line in open(sys.argv[1], encoding="utf-8"):
    run = json.loads(line)
    (theirs if "system" in run else ours)[run["label"]] = run


def figure(run, key, scale=1.0):
    value = run.get(key) if run else None
    return None if value is None else value / scale


def row(title, unit, a, b):
    if a is None or b is None:
        shown = "no figure" if b is None else f"{b:.2f}"
        print(f"  {title:<22} Dure {'no figure' if a is None else f'{a:.2f}'} {unit}, Flower {shown} {unit}")
    else:
        print(f"  {title:<22} Dure {a:.2f} {unit}, Flower {b:.2f} {unit}: {a / b:.2f} times")


for label in dict.fromkeys(list(ours) + list(theirs)):
    a, b = ours.get(label), theirs.get(label)
    print(f"{label} (MB and tensors), 100 ms, 85 Mbit/s, CUBIC, 2 regions")
    row("round, median", "s", figure(a, "medianRoundSeconds"), figure(b, "medianRoundSeconds"))
    row("wire bytes / payload", "", figure(a, "wireRatio"), figure(b, "wireRatio"))
    row("hub resident, peak", "MB", figure(a, "hubResidentBytes", 1e6), figure(b, "hubResidentBytes", 1e6))
    if a and a.get("plainTcpSeconds"):
        print(f"  one plain TCP stream   {a['plainTcpSeconds']:.2f} s; the link's limit {a['limitSeconds']:.2f} s")
    if label == "hub-killed":
        same = a and a["reference"] and a["weights"] == [a["reference"]]
        print(f"  Dure                   {'finished, the same bits' if same else 'NOT the same bits'};"
              f" hub back after {a['hubBackSeconds'] if a else '-'} s")
        print(f"  Flower                 {b['verdict'] if b else '-'} after {b['roundsDone'] if b else '-'} rounds")
print("Dure speaks TLS 1.3 with client certificates on both sides; Flower ran without TLS.")
