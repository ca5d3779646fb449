#!/usr/bin/env python3
"""An adapter of a mover: a small mail system in memory, and the procedure `move` on it. See specs/adapter.md."""
import json
import sys


class Stored:
    """A mailbox in a store; `in_transit` is true if a move has marked it."""

    def __init__(self):
        self.messages, self.in_transit = [], False


class Mailbox:
    def __init__(self, home, servers):
        self.home = home  # in every replica of the directory
        self.stores = {server: None for server in servers}  # None: the store has no such mailbox
        self.queued = []

    def put(self, message):
        """Mail goes to the home, which defers it while a move is taking the mailbox away."""
        at = self.stores[self.home] = self.stores[self.home] or Stored()
        (self.queued if at.in_transit else at.messages).append(message)

    def move(self, source, to):
        """Takes the steps of a move, one at a time; the report comes last."""
        if source == to or self.home != source:
            yield "refused"
            return
        if self.stores[to] is not None:  # a duplicate: the store deletes it
            self.stores[to] = None
            yield "failed"
            return
        self.stores[to] = Stored()
        yield
        for server in (to, source):
            self.stores[server] = self.stores[server] or Stored()
            self.stores[server].in_transit = True
            yield
        for message in self.stores[source].messages:
            self.stores[to].messages.append(message)
            yield
        self.home = to
        self.stores[source] = None
        self.stores[to].in_transit = False
        yield "ok"


class Site:
    def __init__(self, hello):
        self.servers, self.home, self.names, self.crashes = hello["servers"], hello["home"], hello["mailboxes"], 0

    def reset(self, request):
        self.boxes = {name: Mailbox(self.home, self.servers) for name in self.names}
        return "refused" if request.get("start") else "ok"

    def do(self, request):
        if request["action"] not in ("deliver", "log-on", "owner-deletes", "run"):
            return "refused"  # no program runs between two requests
        box = self.boxes[request["mailbox"]]
        at = box.stores[box.home]
        if request["action"] == "deliver":
            box.put(request["message"])
        elif request["action"] == "run":
            return self.run(box, request)
        elif at is not None and at.in_transit:  # users cannot log on during a move
            return "refused"
        elif request["action"] == "log-on":  # the store creates a missing mailbox
            box.stores[box.home] = at or Stored()
        elif at is None or request["message"] not in at.messages:
            return "refused"
        else:
            at.messages.remove(request["message"])
        return "ok"

    def run(self, box, request):
        steps, report = box.move(request["from"], request["to"]), None
        if request.get("crash"):  # killed before the directory is written, at another step each time
            self.crashes += 1
            for _ in range(self.crashes % 4):
                report = report or next(steps, None)
            return report or "unknown"
        for report in steps:
            pass
        waiting, box.queued = box.queued, []
        for message in waiting:  # the transport tries again
            box.put(message)
        return report

    def observe(self, request):
        box = self.boxes[request["mailbox"]]
        homes = {"home-mdb": box.home, "home-mta": box.home}
        show = lambda at: at and {"messages": at.messages, "pending": [], "in-transit": at.in_transit}
        stores = {server: show(at) for server, at in box.stores.items()}
        return {"directory": {server: homes for server in self.servers}, "stores": stores,
                "queued": box.queued, "returned": [], "saved": [], "delivery-held": False}


CAN = {"type": "hello", "protocol": 2, "name": "mover.py", "implements": "move",
       "actions": ["deliver", "log-on", "owner-deletes", "run", "program-dies"],
       "fields": ["directory", "stores", "queued", "returned", "saved", "delivery-held"]}
for line in sys.stdin:
    request = json.loads(line)
    kind, answer = request["type"], {"type": "done", "result": "ok"}
    if kind == "hello" and request["protocol"] != 2:
        answer = {"type": "skip", "reason": "this adapter speaks protocol 2"}
    elif kind == "hello":
        site, answer = Site(request), CAN
    elif kind == "observe":
        answer = {"type": "observed", **site.observe(request)}
    elif kind != "bye":
        answer["result"] = getattr(site, kind)(request)
    print(json.dumps({"id": request["id"], **answer}), flush=True)
    if kind == "bye":
        break
