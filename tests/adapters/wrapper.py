#!/usr/bin/env python3
"""An adapter that passes requests on to another adapter and changes what the first argument, a JSON object, asks for.

    wrapper.py '{"actions": ["deliver", "run"], "breaks-after": 7, "forgets-resets": true}' COMMAND [ARGUMENT ...]
"""
import json, subprocess, sys

options = json.loads(sys.argv[1])
adapter = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(request):
    adapter.stdin.write(json.dumps(request) + "\n")
    adapter.stdin.flush()
    return json.loads(adapter.stdout.readline())


count = 0
opened = set()
for line in sys.stdin:
    request = json.loads(line)
    kind = request["type"]
    count += 1
    if count > options.get("breaks-after", count):
        sys.exit(7)
    if kind == "reset" and options.get("refuses-start") and "start" in request:
        answer = {"id": request["id"], "type": "done", "result": "refused"}
    elif kind == "reset" and options.get("forgets-resets") and count > 2:
        answer = {"id": request["id"], "type": "done", "result": "ok"}
    elif kind == "do" and request.get("crash") and options.get("ignores-crash"):
        answer = ask({key: value for key, value in request.items() if key != "crash"})
    else:
        answer = ask(request)
    if kind == "reset":
        opened = set()
    if kind == "observe" and options.get("opens-mailboxes"):
        # The observation opens the mailbox in every store, which creates it there: the next one shows it.
        for server, store in answer["stores"].items():
            if store is None and request["mailbox"] in opened:
                answer["stores"][server] = {"messages": [], "pending": [], "in-transit": False}
        opened.add(request["mailbox"])
    if kind == "observe" and "home" in options:
        for homes in answer["directory"].values():
            homes.update({"home-mdb": options["home"], "home-mta": options["home"]})
    if kind == "observe" and "shows" in options:
        answer = {key: part for key, part in answer.items() if key in ("id", "type", *options["shows"])}
    if kind == "hello" and "skips" in options:
        answer = {"id": request["id"], "type": "skip", "reason": options["skips"]}
    elif kind == "hello" and "actions" in options:
        answer["actions"] = [action for action in answer["actions"] if action in options["actions"]]
    if kind == "hello" and options.get("refuses-start") and answer["type"] == "hello":
        answer.pop("start", None)
    print(json.dumps(answer), flush=True)
    if kind == "bye":
        break
adapter.stdin.close()
adapter.wait()
sys.exit(options.get("exits-with", 0))
