"""A persistent session that misses messages: subscribe, leave, have them published, return, and see what comes."""
import sys
import threading

import paho.mqtt
import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

scheme, port, version, qos, count, authority = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
v5 = version == "v5"
protocol = mqtt.MQTTv5 if v5 else mqtt.MQTTv311
received, complete, happened, present = [], threading.Event(), threading.Event(), []


def client(name, persistent):
    transport = "websockets" if scheme in ("ws", "wss") else "tcp"
    c = mqtt.Client(name, protocol=protocol, transport=transport, **({} if v5 else {"clean_session": not persistent}))
    if scheme in ("mqtts", "wss"):
        c.tls_set(authority)
    return c


def connect(c, persistent):
    options = {}
    if v5:
        options["clean_start"] = not persistent
        if persistent:
            options["properties"] = Properties(PacketTypes.CONNECT)
            options["properties"].SessionExpiryInterval = 3600
    c.connect("127.0.0.1", port, **options)


def on_connect(c, userdata, flags, *rest):
    present.append(flags["session present"])
    happened.set()


def on_message(c, userdata, message):
    received.append(int(message.payload))
    if len(received) == count:
        complete.set()


def absent():
    c = client("absent", True)
    c.on_connect, c.on_message = on_connect, on_message
    c.on_subscribe = lambda *rest: happened.set()
    happened.clear()
    connect(c, True)
    c.loop_start()
    assert happened.wait(20), "no CONNACK"
    return c


first = absent()
happened.clear()
first.subscribe("missed/#", qos)
assert happened.wait(20), "no SUBACK"
first.disconnect()
first.loop_stop()

publisher = client("publisher", False)
connect(publisher, False)
publisher.loop_start()
last = [publisher.publish("missed/x", str(i), qos) for i in range(count)][-1]
last.wait_for_publish(20)
publisher.disconnect()
publisher.loop_stop()

second = absent()
complete.wait(20)
print("paho-mqtt", paho.mqtt.__version__)
print("session present:", present[-1])
print("received", len(received), "in order" if received == list(range(count)) else received)
second.disconnect()
second.loop_stop()
