"""Kills a broker with SIGKILL again and again while clients of paho publish and subscribe, and checks what arrives.

usage: broker_kills.py PORT v311|v5 ROUNDS SEED COMMAND...

COMMAND starts the broker on PORT. A client object of paho keeps the state of its session in memory, so that its session goes
on when it reconnects. Says "round N" after each kill, in the end what it found wrong, and "ok" or "failed".
"""
import random
import select
import signal
import subprocess
import sys
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

WINDOW = 20  # paho sends no more at once; what waits inside of it would lose its order at a reconnection
DEADLINE = 60

port, version, rounds, seed, command = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]
rng = random.Random(seed)
problems = []


def check(condition, text):
    if not condition:
        problems.append(text)


class Paho(mqtt.Client):
    """paho 1.6 forgets at the second attempt to reconnect that the broker has a message (PUBREC), and publishes it anew."""

    def _messages_reconnect_reset_out(self):
        received = [m for m in self._out_messages.values() if m.state in (mqtt.mqtt_ms_wait_for_pubcomp, mqtt.mqtt_ms_resend_pubrel)]
        super()._messages_reconnect_reset_out()
        for message in received:
            message.state = mqtt.mqtt_ms_resend_pubrel


class Client:
    """Not threaded: what it sends and receives happens in pump() and in its own methods, one after the other."""

    def __init__(self, name):
        self.name = name
        self.is_connected = False
        self.connections = 0
        v5 = version == "v5"
        self.paho = Paho(name, protocol=mqtt.MQTTv5) if v5 else Paho(name, clean_session=False, protocol=mqtt.MQTTv311)
        self.paho.max_inflight_messages_set(WINDOW)
        self.paho.on_connect = self.on_connect
        self.paho.on_disconnect = lambda *_: setattr(self, "is_connected", False)
        self.paho.on_message = lambda _client, _data, message: self.on_message(message)
        self.paho.on_publish = lambda _client, _data, mid: self.on_publish(mid)
        self.paho.on_subscribe = lambda *_: self.on_subscribe()
        self.arguments = {}
        if v5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = 0xFFFFFFFF
            self.arguments = {"clean_start": False, "properties": properties}

    def on_connect(self, _client, _data, flags, code, *_properties):
        check(code == 0, f"{self.name}: refused with {code}")
        if self.connections > 0:
            check(flags["session present"] == 1, f"{self.name}: its session is gone")
        self.is_connected = True
        self.connections += 1

    def on_message(self, message):
        pass

    def on_publish(self, mid):
        pass

    def on_subscribe(self):
        pass

    def pump(self, is_readable):
        if self.paho.socket() is None:
            self.is_connected = False
            try:
                self.paho.connect("127.0.0.1", port, 60, **self.arguments)
            except OSError:
                return
        elif is_readable:
            self.paho.loop_read()
        if self.paho.want_write():
            self.paho.loop_write()
        self.paho.loop_misc()


class Publisher(Client):
    def __init__(self, name, topic, qos, retain=False):
        super().__init__(name)
        self.topic, self.qos, self.retain = topic, qos, retain
        self.sent = 0
        self.under_way = {}
        self.acknowledged = []

    def on_publish(self, mid):
        self.acknowledged.append(self.under_way.pop(mid))

    def publish(self):
        # Not between connection and CONNACK: paho would send it before those that it sends again.
        while self.is_connected and len(self.under_way) < WINDOW:
            number = self.sent
            self.sent += 1
            self.under_way[self.paho.publish(self.topic, str(number), self.qos, self.retain).mid] = number


class Subscriber(Client):
    def __init__(self, name, topic_filter, qos):
        super().__init__(name)
        self.topic_filter, self.qos = topic_filter, qos
        self.received = {}
        self.is_subscribed = False
        self.has_asked = False

    def subscribe(self):
        if self.is_connected and not self.has_asked:
            self.has_asked = True
            self.paho.subscribe(self.topic_filter, self.qos)

    def on_subscribe(self):
        self.is_subscribed = True

    def on_message(self, message):
        self.received.setdefault(message.topic, []).append(int(message.payload))

    def check(self, publisher, qos):
        received = self.received.get(publisher.topic, [])
        first = list(dict.fromkeys(received))
        what = f"{self.name} of {publisher.topic}"
        check(first == sorted(first), f"{what}: out of order")
        lost = sorted(set(publisher.acknowledged) - set(first))
        check(not lost, f"{what}: {len(lost)} acknowledged messages are lost, the first is {lost[:1]}")
        if qos == 2:
            check(len(first) == len(received), f"{what}: {len(received) - len(first)} messages came twice at QoS 2")
        return len(received) - len(first)


def start():
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def pump(broker, clients, until, text, publishers=()):
    deadline = time.monotonic() + DEADLINE
    while not until():
        if problems:
            return
        if broker.poll() is not None:
            problems.append(f"the broker ended with {broker.returncode}")
            return
        if time.monotonic() > deadline:
            problems.append(f"in vain: {text}")
            return
        sockets = {c.paho.socket(): c for c in clients if c.paho.socket() is not None}
        readable, _, _ = select.select(list(sockets), [], [], 0.01)
        for client in clients:
            client.pump(client.paho.socket() in readable)
        for publisher in publishers:
            publisher.publish()


def run():
    broker = start()
    publishers = [Publisher("p1", "t/1", 1), Publisher("p2", "t/2", 2), Publisher("pr", "r/1", 1, retain=True)]
    present = [Subscriber("s1", "t/1", 1), Subscriber("s2", "t/2", 2)]
    absent = Subscriber("away", "t/#", 2)
    subscribers = [*present, absent]
    try:
        def ask():
            for subscriber in subscribers:
                subscriber.subscribe()
            return all(s.is_subscribed for s in subscribers)

        pump(broker, subscribers, ask, "subscriptions")
        absent.paho.disconnect()
        clients = [*publishers, *present]
        for number in range(1, rounds + 1):
            before = [len(p.acknowledged) for p in publishers]
            least = rng.choice([0, 1, 20, 200])  # now and then it is killed before everybody is back
            pump(broker, clients, lambda: all(len(p.acknowledged) >= b + least for p, b in zip(publishers, before)), "progress", publishers)
            end = time.monotonic() + rng.uniform(0, 0.2)
            pump(broker, clients, lambda: time.monotonic() >= end, "time", publishers)
            broker.send_signal(signal.SIGKILL)
            broker.wait()
            broker = start()
            print(f"round {number}", flush=True)
            if problems:
                break
        pump(broker, clients, lambda: not any(p.under_way for p in publishers), "the publishers' acknowledgements")

        # The last of a publisher comes after all others.
        clients.append(absent)
        expected = [(present[0], publishers[0]), (present[1], publishers[1]), (absent, publishers[0]), (absent, publishers[1])]
        pump(broker, clients, lambda: all(p.sent - 1 in s.received.get(p.topic, []) for s, p in expected), "the last messages")
        duplicates = [s.check(p, p.qos) for s, p in expected]

        retained = Subscriber("new", "r/#", 1)
        pump(broker, [retained], lambda: retained.subscribe() or retained.received, "the retained message")
        check(retained.received.get("r/1") == [publishers[2].sent - 1], f"retained is {retained.received}, not {publishers[2].sent - 1}")
        print(f"{[len(p.acknowledged) for p in publishers]} acknowledged, {duplicates} duplicates, {rounds} kills", flush=True)
    finally:
        broker.send_signal(signal.SIGKILL)
        broker.wait()


run()
for problem in problems:
    print(problem)
print("failed" if problems else "ok", flush=True)
sys.exit(1 if problems else 0)
