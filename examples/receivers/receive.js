#!/usr/bin/env node
/* SPDX-License-Identifier: MIT */
/*
 * A receiver to copy from: Node.js 16 or newer, no packages.
 *
 * verify() is all that an application needs; it follows Standard Webhooks.
 * Run as a program it answers 204 to a genuine request and 400 to any other:
 *
 *     receive.js [PORT [SECRET_FILE]]
 *
 * SECRET_FILE holds the hook's secret (whsec_...).
 */
'use strict';

const { createHmac, timingSafeEqual } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');

// A captured request must be of no use after a few minutes.
const TOLERANCE_SECONDS = 300;
// A batch is at most 1 MiB.
const BODY_MAX = 2 * 1024 * 1024;

/* True when `body`, a Buffer with the bytes as received, is genuine. */
function verify(secret, headers, body) {
	const id = headers['webhook-id'] ?? '';
	const timestamp = headers['webhook-timestamp'] ?? '';
	const age = Math.abs(Date.now() / 1000 - Number(timestamp));
	if (!/^[0-9]{1,12}$/.test(timestamp) || age > TOLERANCE_SECONDS)
		return false;
	const key = Buffer.from(secret.trim().replace(/^whsec_/, ''), 'base64');
	if (key.length < 24)
		return false; // a lost secret must not become an empty key
	const mac = createHmac('sha256', key)
		.update(`${id}.${timestamp}.`).update(body).digest('base64');
	const expected = Buffer.from(`v1,${mac}`);
	// While a secret is replaced, each valid one has a signature.
	return (headers['webhook-signature'] ?? '').split(' ').some((text) => {
		const given = Buffer.from(text);
		return given.length === expected.length &&
			timingSafeEqual(given, expected);
	});
}

/*
 * What has arrived. In memory here: an application keeps both in its database,
 * and writes them in the transaction that does the work.
 */
class Inbox {
	ids = new Set();
	latest = new Map(); // of each thing, the time of what is known of it

	/* 'received', or why there is nothing to do: 'repeated', 'outdated'. */
	judge(id, body) {
		if (this.ids.has(id))
			return 'repeated';
		const messages = [JSON.parse(body)].flat();
		this.ids.add(id);
		// A batch counts as outdated when all its members are.
		const news = messages.filter((one) => this.isNews(one));
		return news.length ? 'received' : 'outdated';
	}

	isNews({ resource, occurred_at: when }) {
		const thing = resource._id;
		// As texts the times compare as they should.
		if (thing !== undefined && when < (this.latest.get(thing) ?? ''))
			return false;
		this.latest.set(thing, when);
		return true;
	}
}

/* The body as received, or null when it is too long. */
async function readBody(request) {
	const parts = [];
	let size = 0;
	for await (const part of request) {
		size += part.length;
		if (size > BODY_MAX)
			return null;
		parts.push(part);
	}
	return Buffer.concat(parts);
}

/* Whatever holds no such message is news. */
function judge(inbox, id, body) {
	try {
		return inbox.judge(id, body);
	} catch {
		return 'received';
	}
}

async function receive(request, response, secretFile, inbox) {
	const body = await readBody(request);
	const secret = readFileSync(secretFile, 'utf8');
	const genuine = body !== null && verify(secret, request.headers, body);
	if (genuine) {
		// A delivery may arrive twice, or after a later one. Work that
		// takes long belongs after the answer.
		const id = request.headers['webhook-id'];
		console.log(`${judge(inbox, id, body)} ${id}`);
	}
	response.writeHead(genuine ? 204 : 400).end();
}

function main([port = '8081', secretFile = 'secret']) {
	const inbox = new Inbox();
	const server = createServer((request, response) => {
		receive(request, response, secretFile, inbox).catch((error) => {
			console.error(error.message);
			response.writeHead(500).end();
		});
	});
	server.listen(Number(port), '127.0.0.1', () => {
		const where = server.address();
		console.log(`listening on http://127.0.0.1:${where.port}/`);
	});
}

module.exports = { Inbox, verify };
if (require.main === module)
	main(process.argv.slice(2));
