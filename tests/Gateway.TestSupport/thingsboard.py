# Plays the server's part of ThingsBoard's MQTT gateway API and device API on any broker, by its documentation, and prints what the gateway says.
# Standard input: {"port", "api": "gateway" | "device", "shared": {device: {key: value}}, "calls": [{"device", "method", "params"}],
# "updates": [{"device", "data"}]}. Calls are made one after the other, each once the one before is answered, after the first telemetry and the
# first request for attributes; then shared attributes are changed.
import json
import sys

import paho.mqtt.client as mqtt

script = json.load(sys.stdin)
is_gateway = script["api"] == "gateway"
calls = list(script["calls"])
made = {"call": 0, "began": False}
seen = set()


def say(*words):
    print(*(word if isinstance(word, str) else json.dumps(word, ensure_ascii=False, sort_keys=True) for word in words), flush=True)


def send(client, topic, payload):
    client.publish(topic, json.dumps(payload), qos=1)


def begin(client, what):
    seen.add(what)
    if len(seen) == 2 and not made["began"]:
        made["began"] = True
        go_on(client)


def go_on(client):
    if calls:
        call = calls.pop(0)
        made["call"] += 1
        request = {key: call[key] for key in ("method", "params") if key in call}
        if is_gateway:
            send(client, "v1/gateway/rpc", {"device": call["device"], "data": {"id": made["call"], **request}})
        else:
            send(client, f"v1/devices/me/rpc/request/{made['call']}", request)
        return
    for update in script["updates"]:
        send(client, "v1/gateway/attributes" if is_gateway else "v1/devices/me/attributes", update if is_gateway else update["data"])
    script["updates"] = []


def on_message(client, _, message):
    topic = message.topic
    payload = json.loads(message.payload) if topic.startswith("v1/") else None
    if topic in ("v1/gateway/connect", "v1/gateway/disconnect"):
        say(topic.split("/")[-1], payload["device"], payload.get("type", "-"))
    elif topic in ("v1/gateway/telemetry", "v1/devices/me/telemetry"):
        say("telemetry", payload)
        begin(client, "telemetry")
    elif topic == "v1/gateway/attributes/request":
        shared = script["shared"].get(payload["device"], {})
        keys = payload["keys"]
        say("request", payload)
        found = {key: shared[key] for key in keys if key in shared}
        # One key asked for is answered without its name.
        answer = {"value": found.get(keys[0])} if len(keys) == 1 else {"values": found}
        if found:
            send(client, "v1/gateway/attributes/response", {"id": payload["id"], "device": payload["device"], **answer})
        begin(client, "request")
    elif topic.startswith("v1/devices/me/attributes/request/"):
        say("request", payload)
        shared = {f"{device}.{key}": value for device, values in script["shared"].items() for key, value in values.items()}
        found = {key: shared[key] for key in payload["sharedKeys"].split(",") if key in shared}
        send(client, "v1/devices/me/attributes/response/" + topic.split("/")[-1], {"shared": found})
        begin(client, "request")
    elif topic == "v1/gateway/rpc" and "method" not in (payload["data"] if isinstance(payload.get("data"), dict) else {}):
        say("answer", str(payload["id"]), payload["device"], payload["data"])
        go_on(client)
    elif topic.startswith("v1/devices/me/rpc/response/"):
        say("answer", topic.split("/")[-1], payload)
        go_on(client)
    elif topic == "v1/gateway/attributes" and "device" not in payload:
        say("attributes", payload)
    elif topic == "v1/devices/me/attributes":
        say("own", payload)
    elif not topic.startswith("v1/"):
        say("stray", topic)


client = mqtt.Client(client_id="thingsboard")
client.on_message = on_message
client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
client.on_subscribe = lambda *_: say("ready")
client.connect("127.0.0.1", script["port"])
client.loop_forever()
