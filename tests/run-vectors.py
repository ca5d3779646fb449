#!/usr/bin/env python3
"""Runs an adapter through a folder of test vectors and prints TAP. It needs nothing but Python.

    run-vectors.py [--deadline SECONDS] DIR COMMAND [ARGUMENT ...]

The deadline, 10 s by default, is the longest time for an answer.

Exit code: 0 all passed, 1 some failed, 2 the folder or the command line is wrong, 3 none was exercised, 4 the adapter broke the protocol.
"""
import json, os, re, select, subprocess, sys, time

arguments = sys.argv[1:]
deadline = 10.0
if any(argument in ("-h", "--help") for argument in arguments[:1]):
    print(__doc__.strip())
    sys.exit(0)
if arguments[:1] == ["--deadline"]:
    try:
        deadline, arguments = float(arguments[1]), arguments[2:]
    except (IndexError, ValueError):
        print("--deadline needs a number of seconds", file=sys.stderr)
        sys.exit(2)
if len(arguments) < 2:
    print("usage: run-vectors.py [--deadline SECONDS] DIR COMMAND [ARGUMENT ...]", file=sys.stderr)
    sys.exit(2)
folder, command = arguments[0], arguments[1:]


def read(file):
    try:
        return json.load(open(os.path.join(folder, file)))
    except (OSError, ValueError) as reason:
        print(f"cannot read the vectors in {folder}: {file}: {reason}", file=sys.stderr)
        sys.exit(2)


index = read("index.json")
if index.get("schema") != 2:
    print(f"{folder}: the vectors have format {index.get('schema')}; this program reads format 2", file=sys.stderr)
    sys.exit(2)
vectors = [read(listed["file"]) for listed in index["vectors"]]
servers = {name.lower(): name for name in index["hello"]["servers"]}
try:
    adapter = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
except (OSError, IndexError) as reason:
    print(f"cannot start the adapter: {reason}", file=sys.stderr)
    sys.exit(2)
requests = 0
unread = b""
ALLOWED_MAX = 8


def line():
    """Returns the next line of the adapter, before the deadline."""
    global unread
    end = time.monotonic() + deadline
    while b"\n" not in unread:
        readable, _, _ = select.select([adapter.stdout], [], [], max(0, end - time.monotonic()))
        if not readable:
            raise AssertionError(f"no answer within {deadline:g} s")
        more = os.read(adapter.stdout.fileno(), 65536)
        if not more:
            raise AssertionError("it ended its output")
        unread += more
    one, unread = unread.split(b"\n", 1)
    return one.decode()


def ask(kind, accepted, **body):
    global requests
    requests += 1
    try:
        adapter.stdin.write((json.dumps({"id": requests, "type": kind, **body}) + "\n").encode())
        adapter.stdin.flush()
        said = line()
        try:
            answer = json.loads(said)
        except ValueError:
            raise AssertionError(f"the answer to {kind} is not JSON: {said[:200]}") from None
        assert answer["id"] == requests and answer["type"] in accepted, f"the answer to {kind} is {answer}"
        assert answer["type"] != "done" or isinstance(answer["result"], str), f"the answer to {kind} has no result"
        return answer
    except (OSError, ValueError, KeyError, TypeError, AssertionError) as broken:
        break_off(broken)


def visible(text):
    """Returns the text in one line, with every character that cannot be printed as an escape."""
    return "".join(letter if letter.isprintable() else f"\\u{{{ord(letter):x}}}" for letter in " ".join(str(text).split()))


def break_off(reason):
    print("Bail out! the adapter broke the protocol:", visible(reason))
    adapter.kill()
    sys.exit(4)


def matches(found, allowed, key=None):
    """Returns True if every observed part equals the allowed one; parts that were not observed do not count."""
    if key in ("home-mdb", "home-mta"):  # the name of a server, or a distinguished name that contains it
        last = "Microsoft Private MDB" if key == "home-mdb" else "Microsoft MTA"
        name = re.fullmatch(f"/o=[^/]+/ou=[^/]+/cn=Configuration/cn=Servers/cn=([^/]+)/cn={last}", str(found), re.I)
        return servers.get((name[1] if name else str(found)).lower()) == allowed
    if isinstance(found, dict) and isinstance(allowed, dict):
        return all(name in allowed and matches(part, allowed[name], name) for name, part in found.items())
    return sorted(found) == sorted(allowed) if isinstance(found, list) and isinstance(allowed, list) else found == allowed


def differences(found, allowed, path=""):
    """Returns each difference between an observation and an allowed one, in words."""
    if isinstance(found, dict) and isinstance(allowed, dict):
        parts = [differences(part, allowed.get(name), f"{path}.{name}" if path else name) for name, part in found.items()]
        return [difference for part in parts for difference in part]
    says = lambda part: f"[{' '.join(map(str, part))}]" if isinstance(part, list) else json.dumps(part)
    return [] if matches(found, allowed, path.split(".")[-1]) else [f"{path}: observed {says(found)}, allowed {says(allowed)}"]


def shows_stores(found):
    """Returns True if an observation shows the messages of every store."""
    stores = found.get("stores", {})
    return all(name in stores and (stores[name] is None or "messages" in stores[name]) for name in servers.values())


def shows_directory(found):
    """Returns True if an observation shows the home in some replica."""
    whole = lambda homes: homes is None or {"home-mdb", "home-mta"} <= set(homes)
    return any(whole(homes) for homes in found.get("directory", {}).values())


PARTS = {"stores": shows_stores, "directory": shows_directory}
with_mail = [0]


def lost(found, step):
    """Returns the messages that must exist and are nowhere, if every location was observed."""
    stores, lists = found.get("stores", {}), [found.get(name) for name in ("queued", "returned", "saved")]
    held = [[] if stores.get(name, 0) is None else (stores.get(name) or {}).get("messages") for name in servers.values()]
    kept = None if None in held + lists else {message for part in held + lists for message in part}
    return [] if kept is None else [message for message in step["must-not"]["lost"] if message not in kept]


def shown(allowed):
    """Returns the allowed answers or observations as comments under a test point."""
    parts = [one.get("observation") or {key: one[key] for key in ("result", "ended") if key in one} for one in allowed]
    more = [f"# ... {len(parts) - ALLOWED_MAX} more"] if len(parts) > ALLOWED_MAX else []
    return "\n".join([f"# allowed: {visible(json.dumps(part))}" for part in parts[:ALLOWED_MAX]] + more)


def judge(vector):
    """Returns None if everything was allowed, else the reason, and in further lines what was allowed; "# SKIP" if the vector ended
    early."""
    nodes = set(vector["initial"])
    seen, has_mail = set(), False
    start = {key: vector[key] for key in ["start"] if key in vector}
    result = ask("reset", ["done"], **start)["result"]
    if result != "ok" and not start:
        break_off(f"a reset without `start` was answered {result}, and must be answered ok")
    if result != "ok":
        return "# SKIP the adapter cannot set up the initial state"
    for number, step in enumerate(vector["steps"]):
        results = step.get("answers") or step.get("observations") or []
        allowed = [one for one in results if any(start in nodes for start, _ in one["moves"])]
        if "do" in step:
            found = ask("do", ["done"], **step["do"])
            seen = set()  # what was observed before does not show the effect
            has_mail = has_mail or step["do"]["action"] == "deliver" and found["result"] == "ok"
            fits = [one for one in step["answers"] if one["result"] == found["result"] and
                    (one["result"] != "ok" or one.get("ended") == found.get("ended") or
                     step["do"]["action"] not in ("act", "request-lost", "reply-lost"))]
            if any(nodes & set(one.get("ends", [])) for one in fits):
                return f"# SKIP the vector ends at step {number}: the answer was {found['result']}"
        else:
            found = ask("observe", ["observed"], mailbox=step["observe"])
            del found["id"], found["type"]
            seen |= {part for part, shows in PARTS.items() if shows(found)}
            has_mail = has_mail or any((store or {}).get("messages") for store in found.get("stores", {}).values())
            fits = [one for one in step["observations"] if matches(found, one["observation"])]
            if lost(found, step):
                return f"loss: step {number}: {' '.join(lost(found, step))} accepted, but in no location"
        nodes = {to for one in fits for start, to in one["moves"] if start in nodes}
        if not nodes:
            asked = json.dumps(step.get("do", step.get("observe")))
            closest = min([differences(found, one.get("observation", {})) for one in allowed], key=len, default=[])
            why = f": {'; '.join(closest)}" if "observe" in step and closest else f" gave {json.dumps(found)}"
            return f"nonconforming: step {number}: {asked}{why}\n{shown(allowed)}"
    missing = [part for part in PARTS if part not in seen]
    if missing:
        return f"# SKIP inconclusive: not observed completely after the last operation: {', '.join(missing)}"
    with_mail[0] += has_mail


hello = ask("hello", ["hello", "skip"], **index["hello"])
print(f"TAP version 13\n1..{len(index['vectors'])}")
verdicts = {"passed": 0, "failed": 0, "skipped": 0}
for number, (listed, vector) in enumerate(zip(index["vectors"], vectors), 1):
    lacks = sorted(set(vector["requires"]) - set(hello.get("actions", [])))
    lacks += ["start"] if "start" in vector and not hello.get("start") else []
    result = f"# SKIP the adapter does not support {' '.join(lacks)}" if lacks else judge(vector)
    result = f"# SKIP {visible(hello['reason'])}" if hello["type"] == "skip" else result
    if hello.get("implements") not in (None, *index["hello"]["procedures"]):
        result = f"# SKIP the vectors are not for {hello['implements']}: generate them with --implements {hello['implements']}"
    verdicts["skipped" if result and result.startswith("# SKIP") else "failed" if result else "passed"] += 1
    print(f"{'not ok' if result and '# SKIP' not in result else 'ok'} {number} - {listed['id']} {result or ''}".rstrip())
ask("bye", ["done"])
try:
    if adapter.wait(timeout=deadline) != 0:
        break_off(f"it ended with exit code {adapter.returncode} after bye")
except subprocess.TimeoutExpired:
    break_off(f"it did not end within {deadline:g} s after bye")
if verdicts["passed"] == 0:
    print("# no vector passed" if verdicts["failed"] else "# every vector was skipped, so nothing was exercised: this is no pass")
elif not with_mail[0]:
    print("# no vector with a message passed: this is no pass")
elif verdicts["skipped"]:
    print(f"# {verdicts['skipped']} of {sum(verdicts.values())} vectors were skipped")
sys.exit(1 if verdicts["failed"] else 0 if verdicts["passed"] and with_mail[0] else 3)
