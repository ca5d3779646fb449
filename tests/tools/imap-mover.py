#!/usr/bin/env python3
"""A mover over IMAP, and the same with a mistake: imap-mover.py KIND USER PASSWORD SOURCE DESTINATION SYSTEM

copies    copies what the destination lacks
wipes     empties the destination before it copies
bypasses  looks around at the addresses that it is given, and moves the mail at others
"""
import imaplib
import re
import sys

kind, user, password, source, destination, system = sys.argv[1:7]


def connect(address):
    host, port = address.rsplit(":", 1)
    server = imaplib.IMAP4(host, int(port), timeout=10)
    server.login(user, password)
    return server


def folders(server):
    return [line.split(b" ")[-1].strip(b'"').decode() for line in server.list()[1]]


def messages(server, folder):
    """Returns the messages of a folder by Message-ID: flags and text."""
    found = {}
    if int(server.select(folder, readonly=True)[1][0]) == 0:
        return found
    for part in server.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")[1]:
        if isinstance(part, tuple):
            name = re.search(rb"Message-ID: (\S+)", part[1]).group(1)
            flags = re.search(rb"FLAGS \((.*?)\)", part[0]).group(1).replace(rb"\Recent", b"")
            found[name] = (flags.decode().strip(), part[1])
    return found


def copy(server, target):
    for folder in folders(server):
        if folder not in folders(target):
            target.create(folder)
        had = messages(target, folder)
        for name, (flags, text) in messages(server, folder).items():
            if name not in had and target.append(folder, f"({flags})", None, text)[0] != "OK":
                sys.exit("APPEND was refused")


def empty(server):
    for folder in folders(server):
        if int(server.select(folder)[1][0]) > 0:
            server.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
            server.expunge()


def behind(name, address):
    """Returns the address of a store itself, in place of that of its proxy."""
    home = re.search(rf'\[stores\.{name}\][^[]*?home = "([^"]*)"', open(system).read()).group(1)
    return f"{home}:{address.rsplit(':', 1)[1]}"


server, target = connect(source), connect(destination)
print(f"logged in as {user} with {password}")
if kind == "wipes":
    empty(target)
if kind == "bypasses":
    for folder in folders(server):
        messages(server, folder)
    target.create("look"), target.delete("look")
    server, target = connect(behind("source", source)), connect(behind("destination", destination))
copy(server, target)
