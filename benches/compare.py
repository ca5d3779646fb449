"""Measures one command, and prints the table of what was measured. `benches/compare` calls it; it needs nothing but Python.

    compare.py measure ROW KIND TIMEOUT MEMORY RESULTS COMMAND...   one run, added to RESULTS as one line of JSON
    compare.py absent ROW REASON RESULTS                            a row that cannot be measured here
    compare.py tried ROW RESULTS                                    whether another run of the row is of use (exit status 0)
    compare.py bits RESULTS                                         the bits of a hash table with a slot for each state
    compare.py table RESULTS                                        the table; exit status 1 if a row is void
"""

import json
import math
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time

REFERENCE = "stateright-bfs-1"
COUNTED_BY = "exact"
BITS = (20, 24, 30)
GRACE_SECONDS = 5


def measure(row, kind, timeout, memory, results, *command):
    timeout, memory = int(timeout), int(memory)
    bytes_max = memory << 20

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (bytes_max, bytes_max))

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    signal.signal(signal.SIGALRM, time_is_over)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=err, preexec_fn=limit, start_new_session=True)
        signal.alarm(timeout)
        try:
            used = wait(process)
        except TimeoutError:
            used = None
        finally:
            signal.alarm(0)
            wall = time.monotonic() - started
            end(process)
        text, talk = read(out), read(err)
    if used is None:
        add(results, {"row": row, "failed": f"not done after {timeout} s"})
        return
    run = {"row": row, "wall": wall, "cpu": used.ru_utime + used.ru_stime, "rss": used.ru_maxrss / 1024}
    if process.returncode != 0:
        run["failed"] = failure(kind, process.returncode, text, talk, memory, wall)
    else:
        try:
            run.update(READERS[kind](text))
        except (ValueError, KeyError, TypeError):
            run["failed"] = "printed no count"
    add(results, run)


def time_is_over(*_):
    raise TimeoutError


def wait(process):
    """Waits for the process, and says what it and the processes that it waited for have used."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used


def end(process):
    """Ends the process and what it started, which is a session of its own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            pass


def read(file):
    file.seek(0)
    return file.read().decode(errors="replace")


def failure(kind, status, text, talk, memory, wall):
    if re.search("out of memory|memory allocation", text + talk) or status == -signal.SIGKILL:
        return f"out of memory after {wall:.0f} s, of which it could have {memory} MB"
    if kind == "stranded" and status == 1:
        return "its verdicts are not what the scenario expects"
    last = talk.strip().splitlines()[-1:] or ["no error was printed"]
    return f"exit status {status}: {last[0][:80]}"


def of_stranded(text):
    """What `stranded check --format json` says. Under symmetry it looks at fewer states than it stands for."""
    scenario = json.loads(text)["scenarios"][0]
    if not scenario["complete"]:
        return {"failed": f"cut: {scenario['cut']}"}
    states = scenario["states"]
    return {"states": states, "looked_at": scenario.get("representatives", states), "own": scenario["seconds"]}


def of_stateright(text):
    found = json.loads(text)
    return {"states": found["states"], "looked_at": found["states"], "own": found["seconds"]}


def of_spin(text):
    """What a verifier made by Spin says. It has been told to go on after a violation, and counts them."""
    for reason in ("out of memory", "max search depth too small"):
        if reason in text:
            return {"failed": f"not all searched: {reason}"}
    states = int(re.search(r"(\d+) states, stored", text)[1])
    own = float(re.search(r"elapsed time (\S+) seconds", text)[1])
    broken = int(re.search(r"errors: (\d+)", text)[1]) > 0
    return {"states": states, "looked_at": states, "own": own, "broken": broken}


READERS = {"stranded": of_stranded, "stateright": of_stateright, "spin": of_spin, "spin-reduced": of_spin}


def add(results, run):
    with open(results, "a", encoding="utf-8") as file:
        print(json.dumps(run), file=file)


def absent(row, reason, results):
    add(results, {"row": row, "failed": f"not here: {reason}"})


def load(results):
    rows = {}
    with open(results, encoding="utf-8") as file:
        for run in map(json.loads, file):
            rows.setdefault(run["row"], []).append(run)
    return rows


def tried(row, results):
    sys.exit(0 if all("failed" not in run for run in load(results).get(row, [])) else 1)


def bits(results):
    low, default, high = BITS
    states = count(load(results))
    print(default if states is None else min(max(math.ceil(math.log2(states)), low), high))


def count(rows):
    """The number of states that every other row must have: what the exact engine says."""
    counted = (run for row, runs in rows.items() if row.startswith(COUNTED_BY) for run in runs)
    return next((run["states"] for run in counted if "states" in run), None)


def table(results):
    rows = load(results)
    states = count(rows)
    complete = lambda row: [run["wall"] for run in rows.get(row, []) if "states" in run]
    reference = statistics.median(complete(REFERENCE)) if complete(REFERENCE) else None
    print("| row | runs | wall s, median (min–max) | its own s | CPU s | peak RSS MB | distinct states "
          "| M states/s | bytes/state | times the speed of the reference |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    verdicts = [line(row, runs, states, reference, rows) for row, runs in rows.items()]
    if states is None:
        print("\nThe exact engine counted nothing, so no number of states was compared with its own.")
    if reference is None:
        print(f"\nThe row of reference, {REFERENCE}, was not measured.")
    sys.exit(1 if "void" in verdicts else 0)


def line(row, runs, states, reference, rows):
    done = [run for run in runs if "states" in run]
    failed = [run["failed"] for run in runs if "failed" in run]
    if failed:
        print(f"| {row} | {len(done)} | {failed[0]} | | | | | | | |")
        return "failed"
    wrong = void(row, done, states, rows)
    if wrong:
        print(f"| {row} | {len(done)} | void: {wrong} | | | | | | | |")
        return "void"
    middle = lambda key: statistics.median(run[key] for run in done)
    walls = [run["wall"] for run in done]
    wall, looked_at, rss = statistics.median(walls), done[0]["looked_at"], middle("rss")
    shown = grouped(done[0]["states"])
    if looked_at != done[0]["states"]:
        shown += f", of which it looked at {grouped(looked_at)}"
    ratio = f"{reference / wall:.2f}" if reference else "–"
    print(f"| {row} | {len(done)} | {wall:.2f} ({min(walls):.2f}–{max(walls):.2f}) | {middle('own'):.2f} "
          f"| {middle('cpu'):.2f} | {rss:.0f} | {shown} | {looked_at / wall / 1e6:.2f} "
          f"| {rss * 2**20 / looked_at:.0f} | {ratio} |")
    return "measured"


def void(row, done, states, rows):
    """Why a row says nothing. Partial order reduction is there to store fewer states; it must come to the same verdict."""
    counts = sorted({run["states"] for run in done})
    if len(counts) > 1:
        return f"its runs differ, {' and '.join(map(grouped, counts))} states"
    if row == "spin-reduced":
        full = [run for run in rows.get("spin", []) if "states" in run]
        if full and void("spin", full, states, rows):
            return "so is the row spin"
        return "another verdict than without reduction" if full and full[0]["broken"] != done[0]["broken"] else None
    if states is not None and counts[0] != states:
        return f"{grouped(counts[0])} states, not {grouped(states)}"
    return None


def grouped(number):
    return f"{number:,}".replace(",", " ")


if __name__ == "__main__":
    {each.__name__: each for each in (measure, absent, tried, bits, table)}[sys.argv[1]](*sys.argv[2:])
