# Renders templates as Home Assistant does those of MQTT entities: Jinja2 with the payload as `value` and, where it is JSON, as `value_json`,
# with the entity as `this` and Home Assistant's functions of time.
# Standard input: a list of {"template", "payload", "state", "now"}; standard output: the list of what they become, as JSON in a line.
import json
import sys
from datetime import datetime

from jinja2.sandbox import ImmutableSandboxedEnvironment

environment = ImmutableSandboxedEnvironment()
environment.filters["to_json"] = json.dumps


def time_of(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def render(template, payload, state, now):
    variables = {
        "value": payload,
        "this": {"state": state},
        "now": lambda: time_of(now),
        "as_timestamp": lambda text: time_of(text).timestamp(),
    }
    try:
        variables["value_json"] = json.loads(payload)
    except ValueError:
        pass
    return environment.from_string(template).render(variables)


print("rendered " + json.dumps([render(**each) for each in json.load(sys.stdin)]))
