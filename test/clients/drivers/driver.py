"""Drives the Python client for the vectors: one JSON request a line in, one answer a line out."""
import json
import sys

sys.path.insert(0, sys.argv[1])
from passerelle import Passerelle, PasserelleError, from_windows1252  # noqa: E402


def answer(request):
    try:
        client = Passerelle.from_file(request["file"])
        call = dict(request.get("input", {}))
        for field, text in request.get("windows1252", {}).items():
            call[field] = from_windows1252(bytes.fromhex(text))
        if request["op"] == "context":
            return {"value": client.context(call, request["now"], request["jti"])}
        if request["op"] == "jws":
            return {"value": client.sign(request["text"])}
        if request["op"] == "token":
            return {"value": client.encrypt(request["text"], request["key"])}
        opened = client.open(call)
        return {"link": opened["link"], "reference": opened["reference"]}
    except PasserelleError as error:
        return {"code": error.code, "reason": error.reason, "detail": error.detail, "reference": error.reference}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
