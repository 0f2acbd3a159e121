"""Publishes numbers at QoS 1, many under way at once, and prints each that the broker has acknowledged. Ends with the connection."""
import os
import sys

import paho.mqtt.client as mqtt

port, topic, number = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
under_way = {}


def send(c):
    global number
    info = c.publish(topic, str(number), qos=1)
    under_way[info.mid] = number
    number += 1


def on_connect(c, userdata, flags, *rest):
    for _ in range(10):
        send(c)


def on_publish(c, userdata, mid):
    print(under_way.pop(mid), flush=True)
    send(c)


c = mqtt.Client("counter")
c.on_connect, c.on_publish = on_connect, on_publish
c.on_disconnect = lambda *rest: os._exit(0)
c.connect("127.0.0.1", port)
c.loop_forever(retry_first_connection=False)
