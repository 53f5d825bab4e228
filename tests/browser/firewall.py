# SPDX-License-Identifier: MIT
"""
The dashboard where ModSecurity with the OWASP rules stands in front: it uses
POST where other methods do not get through.
"""

import modsecurity
import pagecase
import tap


class Firewall(pagecase.PageCase):
    sender = False

    def setup(self):
        self.site = pagecase.site("", door=modsecurity.ModSecurity.name)
        super().setup()
        self.enter(at="hooks")

    def hooks(self):
        return self.site.ask("GET", "hooks")

    def edit(self, text):
        self.page.click("button", "Edit")
        self.page.fill("Description", text)
        self.page.click("dialog button", "Save")
        self.page.see("h1", text)
        assert self.hooks()[0]["description"] == text

    def test_edited_twice_and_deleted(self):
        hook = self.site.ask(
            "POST",
            "hooks",
            {"target_url": "https://www.toto.com/", "action": "*"},
        )
        self.go(f"hooks/{hook['_id']}")
        self.edit("First")
        self.quiet(but=[403])
        # Now it is known what this host refuses.
        self.edit("Second")
        self.quiet()
        self.page.click("button", "Delete")
        self.page.click("dialog button", "Delete")
        self.page.wait("No hooks yet")
        assert self.hooks() == []
        # One of the page's own requests may have come after the deletion.
        self.quiet(but=[404])


tap.main()
