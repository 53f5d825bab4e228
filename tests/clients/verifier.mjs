// SPDX-License-Identifier: MIT
// Verifies what comes on standard input, an object a line, with a library of
// somebody else: `standardwebhooks` or `svix`, the argument. A line for each:
// "ok", or why not.

import { createInterface } from "node:readline";

const { Webhook } = await import(process.argv[2]);

for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  try {
    const body = Buffer.from(given.body, "base64");
    new Webhook(given.secret).verify(body, given.headers);
    console.log("ok");
  } catch (error) {
    console.log(`${error.name}: ${error.message}`.replaceAll("\n", " "));
  }
}
