# SPDX-License-Identifier: MIT
"""With the Python client of openapi-generator: URL KEY TARGET."""

import json
import sys
import time

import openapi_client as made

url, key, target = sys.argv[1:]
api = made.ApiClient(made.Configuration(host=url, access_token=key))
hooks, secrets = made.HooksApi(api), made.SecretsApi(api)
notifications, deliveries = made.NotificationsApi(api), made.DeliveriesApi(api)


def ok(step):
    print(f"ok {step}", flush=True)


def notification(title):
    return made.NotificationNew(
        action="event.created", resource={"title": title}
    )


def delivered(count):
    """The deliveries of the hook, once so many have arrived."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = deliveries.list_deliveries(
            hook=hook.id, state=made.DeliveryState.DELIVERED
        )
        if len(found) >= count:
            return found
        time.sleep(0.2)
    raise AssertionError("nothing arrives")


hook = hooks.create_hook(
    made.HookNew(
        target_url=target,
        action="event.*",
        scope=made.Scope.ORGANIZATION,
        headers={"X-Token": "xyzzy"},
    )
)
assert hook.state.var_is == "healthy" and hook.state.until is None, hook
ok("create")

assert hook.id in [h.id for h in hooks.list_hooks()]
assert hooks.list_hooks(action="user.joined", limit=1) == []
ok("list")

assert hooks.get_hook(hook.id) == hook
ok("get")

changed = hooks.change_hook(
    hook.id, made.HookChange(action="*", description=None, rate_limit=1000)
)
assert (changed.action, changed.rate_limit) == ("*", 1000), changed
ok("change")

one = notifications.publish(
    made.NotificationsNew(notification("One")), idempotency_key="generator.py"
).actual_instance
assert one.action == "event.created" and one.user is None, one
ok("publish")

many = notifications.publish(
    made.NotificationsNew([notification("Two"), notification("Three")])
).actual_instance
assert len({m.id for m in [one, *many]}) == 3, many
ok("publish many")

arrived = delivered(3)
assert all(d.next_attempt_at is None and d.finished_at for d in arrived)
full = deliveries.get_delivery(arrived[0].id)
assert full.attempts[0].status == 200 and full.attempts[0].error is None, full
shown = notifications.get_notification(one.id)
assert shown.resource == {"title": "One"} and len(shown.deliveries) == 1, shown
ok("deliveries")

old = secrets.get_secret(hook.id).secret
new = secrets.rotate_secret(hook.id, rotation=made.Rotation(overlap="1h"))
assert new.secret.startswith("whsec_") and new.secret != old, new
ok("rotate")

assert hooks.ping_hook(hook.id).action == "ping"
delivered(4)
ok("ping")

assert hooks.resume_hook(hook.id).count == 0
ok("resume")

operation = made.OperationApi(api)
stats = operation.get_stats(hook=hook.id)
assert stats.sender.alive and stats.queue.due == 0, stats
assert operation.get_organization().stored.limit == 10 << 30
ok("figures")

try:
    hooks.create_hook(made.HookNew(target_url="x", action="event.created"))
    raise AssertionError("not refused")
except made.ApiException as refused:
    assert refused.status == 400, refused
    assert json.loads(refused.body)["errors"][0]["pointer"] == "/target_url"
ok("refused")

hooks.delete_hook(hook.id)
try:
    hooks.get_hook(hook.id)
    raise AssertionError("still there")
except made.ApiException as gone:
    assert gone.status == 404, gone
ok("delete")
