# SPDX-License-Identifier: MIT
"""
More data than the dashboard shows at once: it says so, and shows the way to
the rest.
"""

import tap
from pagecase import PageCase

ATTEMPTS, HOOKS = 130, 1005


class Much(PageCase):
    def setup(self):
        super().setup()
        self.db = self.site.service.db
        self.db.numbers()
        self.site.hook("/much")
        self.enter()

    def delivered(self):
        """One that is finished: its id and that of its notification."""
        count = len(self.site.sink.at("/much"))
        notification = self.site.publish()["_id"]
        self.site.sink.wait(count + 1, "/much")
        [found] = self.site.ask(
            "GET", f"deliveries?notification={notification}"
        )
        self.go(f"deliveries/{found['_id']}")
        self.page.see(".pill", "Delivered")
        return found["_id"], notification

    def test_attempts(self):
        delivery, _ = self.delivered()
        key = int(delivery[14:], 16)
        self.db.sql(
            "SET time_zone = '+00:00'; INSERT INTO vh_attempts (delivery_id, "
            f"attempt, started_at, status) SELECT {key}, n, UTC_TIMESTAMP(3), "
            f"200 FROM numbers WHERE n BETWEEN 2 AND {ATTEMPTS}; UPDATE "
            f"vh_deliveries SET attempts = {ATTEMPTS} WHERE id = {key}"
        )
        self.page.reload()
        self.page.see("h2", f"{ATTEMPTS} attempts")
        self.page.see(".list-foot", "Attempts 31 to 130")
        self.page.click(".list-foot button", "Earlier")
        self.page.see(".list-foot", "Attempts 1 to 30")
        self.page.gone(".list-foot button", "Earlier")
        self.page.click(".timeline button", "Attempt 30")
        self.page.click(".list-foot button", "Newest")
        self.page.see(".timeline", "Attempt 130")
        self.page.gone(".list-foot button", "Newest")
        self.quiet()

    def test_deliveries_of_a_notification(self):
        _, notification = self.delivered()
        key = int(notification[14:], 16)
        self.db.sql(
            "SET time_zone = '+00:00'; INSERT INTO vh_hooks (organization, "
            "target_url, action, enabled, created_at, updated_at) SELECT "
            f"UNHEX('{self.site.organization}'), 'https://www.example.com/', "
            "'*', 0, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) FROM numbers "
            f"WHERE n <= {HOOKS}; INSERT INTO vh_deliveries (organization, "
            "notification_id, hook_id, state, created_at, finished_at) "
            f"SELECT organization, {key}, id, 'cancelled', UTC_TIMESTAMP(3), "
            "UTC_TIMESTAMP(3) FROM vh_hooks WHERE enabled = 0 ORDER BY id"
        )
        self.go(f"notifications/{notification}")
        self.page.see(".list-foot", "These are the newest 1,000 deliveries")
        self.page.click(".list-foot a", "all of them")
        self.page.see("h1", "Deliveries")
        self.page.wait("Deliveries of the notification")
        self.page.see(".list-foot", "50 deliveries shown")
        self.page.choose("All states", "delivered")
        self.page.see(".list-foot", "1 delivery shown")
        self.page.click("a", "Clear")
        self.page.gone("p", "Deliveries of the notification")
        self.quiet()


tap.main()
