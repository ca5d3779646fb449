"""Reads what stranded writes with libraries of Python. The request is JSON on standard input, the result JSON on standard output.

    read.py junit FILE       counts of a JUnit report, as xml.etree.ElementTree reads it
    read.py schema           how many of the requested [schema, instance] pairs jsonschema finds valid, and its first complaint
"""
import json, sys
import xml.etree.ElementTree as tree

import jsonschema


def junit(path):
    root = tree.parse(path).getroot()
    cases = root.findall("testsuite/testcase")
    counts = {name: int(root.get(name)) for name in ("tests", "failures", "errors", "skipped")}
    for name, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert counts[name] == len(root.findall(f"testsuite/testcase/{element}")), name
        assert counts[name] == sum(int(suite.get(name)) for suite in root.findall("testsuite")), name
    assert counts["tests"] == len(cases) == len({case.get("name") for case in cases})
    assert all(float(one.get("time")) >= 0 for one in [root, *root.findall("testsuite"), *cases])
    return counts


def schema(pairs):
    valid, wrong = 0, None
    for schema, instance in pairs:
        jsonschema.Draft202012Validator.check_schema(schema)
        errors = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(instance)]
        valid += not errors
        wrong = wrong or (errors[0][:300] if errors else None)
    return {"valid": valid, "wrong": wrong}


print(json.dumps(junit(sys.argv[2]) if sys.argv[1] == "junit" else schema(json.load(sys.stdin))))
