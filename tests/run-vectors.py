#!/usr/bin/env python3
"""Runs an adapter through a folder of test vectors and prints TAP. It needs nothing but Python.

    run-vectors.py DIR COMMAND [ARGUMENT ...]

Exit code: 0 all as allowed, 1 some not, 3 nothing was tried, 4 the adapter broke the protocol.
"""
import json, os, re, subprocess, sys

folder, command = sys.argv[1], sys.argv[2:]
index = json.load(open(os.path.join(folder, "index.json")))
servers = {name.lower(): name for name in index["hello"]["servers"]}
adapter = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
asked = 0


def ask(kind, wanted, **what):
    global asked
    asked += 1
    try:
        adapter.stdin.write(json.dumps({"id": asked, "type": kind, **what}) + "\n")
        adapter.stdin.flush()
        answer = json.loads(adapter.stdout.readline())
        assert answer["id"] == asked and answer["type"] in wanted, f"{kind} was answered by {answer}"
        return answer
    except (OSError, ValueError, KeyError, AssertionError) as broken:
        print(f"Bail out! the adapter broke the protocol: {broken}")
        adapter.kill()
        sys.exit(4)


def same(seen, allowed, key=None):
    """Whether all that was seen is what is allowed; what was not seen does not count."""
    if key in ("home-mdb", "home-mta"):  # a server's name, or the distinguished name that has it
        last = "Microsoft Private MDB" if key == "home-mdb" else "Microsoft MTA"
        name = re.fullmatch(f"/o=[^/]+/ou=[^/]+/cn=Configuration/cn=Servers/cn=([^/]+)/cn={last}", str(seen), re.I)
        return servers.get((name[1] if name else str(seen)).lower()) == allowed
    if isinstance(seen, dict) and isinstance(allowed, dict):
        return all(name in allowed and same(part, allowed[name], name) for name, part in seen.items())
    return sorted(seen) == sorted(allowed) if isinstance(seen, list) and isinstance(allowed, list) else seen == allowed


def lost(seen, step):
    """The messages that must be somewhere and are nowhere, if every place was looked at."""
    stores, lists = seen.get("stores", {}), [seen.get(name) for name in ("queued", "returned", "saved")]
    held = [[] if stores.get(name, 0) is None else (stores.get(name) or {}).get("messages") for name in servers.values()]
    kept = None if None in held + lists else {message for part in held + lists for message in part}
    return [] if kept is None else [message for message in step["must-not"]["lost"] if message not in kept]


def judge(vector):
    """None if all was allowed, else what was not; "# SKIP" if the vector ended before its end."""
    places = set(vector["initial"])
    if ask("reset", ["done"], start=vector.get("start", {}))["result"] != "ok":
        return "# SKIP the adapter cannot stand so at first"
    for number, step in enumerate(vector["steps"]):
        if "do" in step:
            seen = ask("do", ["done"], **step["do"])
            fits = [one for one in step["outcomes"] if one["result"] == seen["result"] and
                    (one["result"] != "ok" or one.get("ended") == seen.get("ended") or
                     step["do"]["action"] not in ("act", "request-lost", "reply-lost"))]
            if any(places & set(one.get("ends", [])) for one in fits):
                return f"# SKIP it ends at step {number}: the answer was {seen['result']}"
        else:
            seen = ask("observe", ["observed"], mailbox=step["observe"])
            del seen["id"], seen["type"]
            fits = [one for one in step["observations"] if same(seen, one["observation"])]
            if lost(seen, step):
                return f"loss: step {number}: {' '.join(lost(seen, step))} was accepted and is nowhere"
        places = {to for one in fits for at, to in one["moves"] if at in places}
        if not places:
            return f"nonconforming: step {number}: {json.dumps(step.get('do', step.get('observe')))} gave {json.dumps(seen)}"


hello = ask("hello", ["hello", "skip"], **index["hello"])
print(f"TAP version 14\n1..{len(index['vectors'])}")
verdicts = set()
for number, listed in enumerate(index["vectors"], 1):
    vector = json.load(open(os.path.join(folder, listed["file"])))
    lacks = sorted(set(vector["requires"]) - set(hello.get("actions", [])))
    lacks += ["start"] if "start" in vector and not hello.get("start") else []
    said = f"# SKIP the adapter cannot {' '.join(lacks)}" if lacks else judge(vector)
    said = f"# SKIP {hello['reason']}" if hello["type"] == "skip" else said
    if hello.get("implements") not in (None, *index["hello"]["procedures"]):
        said = f"# SKIP they are not of {hello['implements']}: generate them with --implements {hello['implements']}"
    verdicts.add("skipped" if said and said.startswith("# SKIP") else "failed" if said else "passed")
    print(f"{'not ok' if said and '# SKIP' not in said else 'ok'} {number} - {listed['id']} {said or ''}".rstrip())
ask("bye", ["done"])
adapter.wait()
sys.exit(1 if "failed" in verdicts else 0 if "passed" in verdicts else 3)
