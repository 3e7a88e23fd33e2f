"""One run of Flower between the namespaces of `dure lab --exec`; called by bench/flower.

A SuperLink on the hub's host, a SuperNode on each region's, no TLS; rounds from the app's own notes, bytes from the
kernel's counters of each region's device, memory from /proc. Appends one JSON line.
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

NEVER_LONGER = 900

# After a hub was killed: nothing that comes later than this comes.
GIVEN_UP = 120


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--app", required=True)
    parser.add_argument("--bytes", type=int, required=True)
    parser.add_argument("--tensors", type=int, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--kill", action="store_true", help="the hub, in round 2, for 4 s")
    parser.add_argument("--label", default="")
    parser.add_argument("--json", required=True)
    return parser.parse_args()


def counted(namespace):
    text = subprocess.check_output(["ip", "-n", namespace, "-j", "-s", "link", "show", "dev", "wan"])
    stats = json.loads(text)[0]["stats64"]
    return stats["tx"]["bytes"] + stats["rx"]["bytes"]


def children(pid):
    """A process and all below it."""
    found = [pid]
    try:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += children(int(child))
    except OSError:
        pass
    return found


def resident(pid):
    """Bytes in memory of a process and all below it; pages that several share count once in each."""
    total = 0
    for each in children(pid):
        try:
            for line in pathlib.Path(f"/proc/{each}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    total += 1024 * int(line.split()[1])
        except OSError:
            pass
    return total


class Run:
    def __init__(self, options, home):
        self.options = options
        self.home = home
        self.hub = os.environ["DURE_LAB_HUB"]
        self.address = os.environ["DURE_LAB_ADDRESS"]
        self.regions = os.environ["DURE_LAB_REGIONS"].split()
        self.environment = dict(
            os.environ,
            FLWR_HOME=str(home / "flwr"),
            PATH=options.bin + ":" + os.environ["PATH"],
            FLWR_TELEMETRY_ENABLED="0",
            FLWR_DISABLE_UPDATE_CHECK="1",
        )
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            self.environment.pop(name, None)
        self.processes = []
        self.notes = home / "rounds.jsonl"
        self.peak = 0

    def start(self, namespace, name, *command):
        log = open(self.home / (name + ".log"), "ab")
        process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, *command],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            env=self.environment, cwd=self.home, start_new_session=True,
        )
        self.processes.append(process)
        return process

    def link(self):
        return self.start(
            self.hub, "superlink", self.options.bin + "/flower-superlink", "--insecure",
            "--disable-runtime-dependency-installation",
            "--database", str(self.home / "superlink.db"), "--host", self.address, "--port", "8000",
        )

    def kill(self, process):
        for each in reversed(children(process.pid)):
            try:
                os.kill(each, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.wait()

    def flwr(self, *command):
        return subprocess.run(
            ["ip", "netns", "exec", self.hub, self.options.bin + "/flwr", *command],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=self.environment, cwd=self.home, timeout=120, check=False,
        ).stdout

    def rounds(self):
        return [json.loads(line) for line in self.notes.read_text().splitlines()] if self.notes.exists() else []

    def submit(self):
        config = self.home / "flwr"
        config.mkdir(parents=True, exist_ok=True)
        (config / "config.toml").write_text(
            '[superlink]\ndefault = "lab"\n\n[superlink.lab]\n'
            f'address = "{self.address}:8000"\ninsecure = true\n'
        )
        o = self.options
        overrides = f'bytes={o.bytes} tensors={o.tensors} rounds={o.rounds} log="{self.notes}"'
        until = time.monotonic() + 90
        while True:
            said = self.flwr("run", o.app, "lab", "--run-config", overrides)
            if "uccessfully started run" in said:
                return
            if time.monotonic() > until:
                sys.exit("Flower did not take the run:\n" + said)
            time.sleep(2)

    def measure(self):
        link = self.link()
        for i, region in enumerate(self.regions):
            self.start(
                region, f"supernode{i}", self.options.bin + "/flower-supernode", "--insecure",
                "--superlink", f"{self.address}:8000", "--port", str(9094 + i),
            )
        time.sleep(8)
        before = [counted(region) for region in self.regions]
        self.submit()
        killed = False
        status = ""
        ends = time.monotonic() + NEVER_LONGER
        looked = time.monotonic()
        while time.monotonic() < ends:
            time.sleep(0.2)
            self.peak = max(self.peak, resident(link.pid))
            done = self.rounds()
            if len(done) > self.options.rounds:
                break
            if self.options.kill and not killed and len(done) == 2:
                time.sleep(1)
                self.kill(link)
                time.sleep(4)
                link = self.link()
                killed = True
                ends = time.monotonic() + GIVEN_UP
            if killed and time.monotonic() - looked > 5:
                looked = time.monotonic()
                status = self.flwr("list", "lab").lower()
                if "failed" in status or "stopped" in status:
                    break
        done = self.rounds()
        wire = sum(counted(region) for region in self.regions) - sum(before)
        seconds = [round(b["time"] - a["time"], 2) for a, b in zip(done, done[1:])]
        o = self.options
        completed = max(0, len(done) - 1)
        result = {
            "system": "Flower 1.42.0", "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "label": o.label, "bytes": o.bytes, "tensors": o.tensors, "rounds": o.rounds,
            "roundSeconds": seconds,
            "medianRoundSeconds": statistics.median(seconds) if seconds else None,
            "wireRatio": round(wire / (2 * o.bytes * len(self.regions) * completed), 4) if completed == o.rounds else None,
            "hubResidentBytes": self.peak, "tls": False, "killedInRound2": o.kill,
            "roundsDone": completed, "verdict": "passed" if completed == o.rounds else "run lost",
            "status": next((word for word in status.replace("│", " ").split() if word.startswith("finished")), ""),
        }
        with open(o.json, "a", encoding="utf-8") as out:
            out.write(json.dumps(result) + "\n")
        return result

    def close(self):
        for process in self.processes:
            self.kill(process)


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="dure-flower-") as folder:
        run = Run(options, pathlib.Path(folder))
        try:
            print(json.dumps(run.measure()))
        except BaseException:
            for log in pathlib.Path(folder).glob("*.log"):
                print(f"-- {log.name}\n" + log.read_text(errors="replace")[-1500:], file=sys.stderr)
            raise
        finally:
            run.close()


main()
