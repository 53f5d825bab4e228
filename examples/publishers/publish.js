#!/usr/bin/env node
/* SPDX-License-Identifier: MIT */
/*
 * Publishing from Node.js 20 or newer.
 *
 * publish() inserts with the application's own connection, here that of the
 * package mysql2: inside a transaction a notification is committed together
 * with the change that it reports, or not at all. The database user needs
 * INSERT on one table (see grants.sql). publishByHttp() is for applications
 * whose database is elsewhere; it needs no package. Run as a program, this file
 * shows the use of publish().
 */
'use strict';

const { randomUUID } = require('node:crypto');
const { setTimeout: sleep } = require('node:timers/promises');

// A request is tried so often, and so long is it waited for, in milliseconds.
const TRIES = 5;
const PATIENCE = 10_000;
// What may go another time.
const BUSY = [429, 502, 503, 504];

/* Valid UTF-8, also when a string was cut within a character. */
function toJson(value) {
	return JSON.stringify(value, (name, member) =>
		typeof member === 'string' ? member.toWellFormed() : member);
}

/*
 * `notification` has an action and a resource, and may have user,
 * idempotency_key and replace_key, and the times occurred_at, deliver_at and
 * expires_at, each a Date. Or it has `cancels` alone: a replace_key.
 */
async function publish(connection, organization, { resource, ...columns }) {
	if (resource)
		columns.resource = toJson(resource);
	const names = Object.keys(columns);
	await connection.execute(
		`INSERT INTO vyte_hooks.vh_outbox (organization, ${names.join(', ')})
		VALUES (UNHEX(?)${', ?'.repeat(names.length)})`,
		[organization, ...Object.values(columns).map(toSql)]
	);
}

/* Times are in UTC there, whatever the time zone of the session is. */
function toSql(value) {
	return value instanceof Date ?
		value.toISOString().replace('T', ' ').replace('Z', '') : value;
}

/*
 * Resolves to the notification's _id when it is stored. `service` is
 * { url, key }, with a key of the role `publish`. Whatever failed, the call may
 * be repeated with the same idempotencyKey: it counts once.
 */
async function publishByHttp(service, notification,
	idempotencyKey = randomUUID()) {
	const request = {
		method: 'POST',
		headers: {
			'Authorization': service.key,
			'Content-Type': 'application/json',
			'Idempotency-Key': idempotencyKey,
		},
		body: toJson(notification),
		redirect: 'manual', // the key is for this service alone
	};
	for (let tries = 1; ; tries++) {
		const answer = await post(`${service.url}/v2/notifications`, request);
		if (answer.ok)
			return answer.body._id;
		const wait = Math.max(answer.retryAfter, 2 ** tries) * 1000;
		if (!answer.busy || tries === TRIES || wait > 60_000)
			throw new Error(`not published: ${answer.trouble}`);
		await sleep(wait);
	}
}

/* One request; it never throws. */
async function post(url, request) {
	try {
		const signal = AbortSignal.timeout(PATIENCE);
		const answer = await fetch(url, { ...request, signal });
		const text = await answer.text();
		return {
			ok: answer.status === 202,
			body: answer.ok && JSON.parse(text),
			busy: BUSY.includes(answer.status),
			retryAfter: Number(answer.headers.get('Retry-After')) || 0,
			trouble: `${answer.status} ${text}`,
		};
	} catch (error) {
		return { busy: true, retryAfter: 0, trouble: error.message };
	}
}

async function main() {
	const mysql = require('mysql2/promise');
	const connection = await mysql.createConnection({
		host: 'localhost',
		user: 'hooks_app',
		password: 'change-me-4',
		database: 'booking',
	});
	const organization = '60af5269459aad001d0cb565';
	const begin = Date.now() + 7 * 24 * 3600 * 1000;

	await connection.beginTransaction();
	try {
		await connection.query(
			'UPDATE events SET confirmed = 1 WHERE id = 42'
		);
		await publish(connection, organization, {
			action: 'event.confirmed',
			resource: { id: 42, title: 'Demo', place: 'Paris' },
			idempotency_key: 'event-42-confirmed',
		});
		// An hour before. The same replace_key moves it later, and
		// { cancels: 'reminder-42' } cancels it.
		await publish(connection, organization, {
			action: 'event.updated',
			resource: { id: 42, title: 'In an hour' },
			deliver_at: new Date(begin - 3600 * 1000),
			replace_key: 'reminder-42',
		});
		await connection.commit();
	} catch (error) {
		await connection.rollback();
		throw error;
	} finally {
		await connection.end();
	}
}

module.exports = { publish, publishByHttp };
if (require.main === module)
	main();
