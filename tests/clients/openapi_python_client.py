# SPDX-License-Identifier: MIT
"""With the client that openapi-python-client makes: URL KEY TARGET."""

import sys
import time

from hooks_client import AuthenticatedClient, models
from hooks_client.api.deliveries import get_delivery, list_deliveries
from hooks_client.api.hooks import (
    change_hook,
    create_hook,
    delete_hook,
    get_hook,
    list_hooks,
    ping_hook,
    resume_hook,
)
from hooks_client.api.notifications import get_notification, publish
from hooks_client.api.operation import get_organization, get_stats
from hooks_client.api.secrets import get_secret, rotate_secret

url, key, target = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key)


def ok(step):
    print(f"ok {step}", flush=True)


def notification(title):
    return models.NotificationNew(
        action="event.created",
        resource=models.NotificationNewResource.from_dict({"title": title}),
    )


def delivered(count):
    """The deliveries of the hook, once so many have arrived."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = list_deliveries.sync(
            client=client,
            hook=hook.field_id,
            state=models.DeliveryState.DELIVERED,
        )
        if len(found) >= count:
            return found
        time.sleep(0.2)
    raise AssertionError("nothing arrives")


hook = create_hook.sync(
    client=client,
    body=models.HookNew(
        target_url=target,
        action="event.*",
        scope=models.Scope.ORGANIZATION,
        headers=models.HookNewHeadersType0.from_dict({"X-Token": "xyzzy"}),
    ),
)
assert hook.state.is_ == "healthy" and hook.state.until is None, hook
ok("create")

assert hook.field_id in [h.field_id for h in list_hooks.sync(client=client)]
assert list_hooks.sync(client=client, action="user.joined", limit=1) == []
ok("list")

assert get_hook.sync(hook.field_id, client=client) == hook
ok("get")

changed = change_hook.sync(
    hook.field_id,
    client=client,
    body=models.HookChange(action="*", description=None, rate_limit=1000),
)
assert (changed.action, changed.rate_limit) == ("*", 1000), changed
ok("change")

one = publish.sync(
    client=client,
    body=notification("One"),
    idempotency_key="openapi_python_client.py",
)
assert one.action == "event.created" and not one.user, one
ok("publish")

many = publish.sync(
    client=client, body=[notification("Two"), notification("Three")]
)
assert len({m.field_id for m in [one, *many]}) == 3, many
ok("publish many")

arrived = delivered(3)
assert all(d.next_attempt_at is None and d.finished_at for d in arrived)
full = get_delivery.sync(arrived[0].field_id, client=client)
assert full.attempts[0].status == 200 and full.attempts[0].error is None, full
shown = get_notification.sync(one.field_id, client=client)
assert shown.resource == {"title": "One"} and len(shown.deliveries) == 1, shown
ok("deliveries")

old = get_secret.sync(hook.field_id, client=client).secret
new = rotate_secret.sync(
    hook.field_id, client=client, body=models.Rotation(overlap="1h")
)
assert new.secret.startswith("whsec_") and new.secret != old, new
ok("rotate")

assert ping_hook.sync(hook.field_id, client=client).action == "ping"
delivered(4)
ok("ping")

assert resume_hook.sync(hook.field_id, client=client).count == 0
ok("resume")

stats = get_stats.sync(client=client, hook=hook.field_id)
assert stats.sender.alive and stats.queue.due == 0, stats
assert get_organization.sync(client=client).stored.limit == 10 << 30
ok("figures")

refused = create_hook.sync_detailed(
    client=client,
    body=models.HookNew(target_url="x", action="event.created"),
)
assert refused.status_code == 400, refused
assert refused.parsed.errors[0].pointer == "/target_url", refused
ok("refused")

done = delete_hook.sync_detailed(hook.field_id, client=client)
assert done.status_code == 204, done
gone = get_hook.sync_detailed(hook.field_id, client=client)
assert gone.status_code == 404 and gone.parsed.status == 404, gone
ok("delete")
