/* SPDX-License-Identifier: MIT */
/*
 * A delivery as it was sent, rebuilt from the API's answers, and as a command
 * line that sends it again, with a signature of this moment.
 */
import { call, may } from './api.js';
import { member } from './json.js';

/*
 * The body of a delivery outside of a batch: `text` is the API's answer about
 * the notification. null when that is gone, or its user was erased.
 */
export function bodyOf(delivery, text) {
	const resource = text && member(text, 'resource');
	if (!resource || delivery.erased) return null;
	const user = delivery.user
		? `"user":${JSON.stringify(delivery.user)},`
		: '';
	return `{"action":${JSON.stringify(delivery.action)},"organization":"${
		delivery.organization
	}",${user}"resource":${resource},"notification":"${
		delivery.notification
	}","occurred_at":"${delivery.occurred_at}"}`;
}

/* The headers of one attempt as [[name, value]], without the real signature. */
export function headersOf(delivery, attempt, hook) {
	const stamp = Math.floor(Date.parse(attempt.startedAt) / 1000);
	return [
		['Content-Type', 'application/json'],
		['webhook-id', delivery.webhookId],
		['webhook-timestamp', String(stamp)],
		['webhook-signature', 'v1,… (made with the secret)'],
		['webhook-attempt', String(attempt.attempt)],
		...(inBatch(delivery)
			? []
			: [
					[
						'webhook-notification',
						delivery.notification,
					],
					[
						'webhook-occurred-at',
						delivery.occurred_at,
					],
				]),
		...Object.entries(hook?.headers ?? {}),
	];
}

function bytesOf(base64) {
	return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

/* Standard Webhooks; null where the browser has no cryptography (no https). */
async function sign(secret, id, stamp, body) {
	if (!globalThis.crypto?.subtle) return null;
	const key = await crypto.subtle.importKey(
		'raw',
		bytesOf(secret.replace(/^whsec_/, '')),
		{ name: 'HMAC', hash: 'SHA-256' },
		false,
		['sign']
	);
	const mac = await crypto.subtle.sign(
		'HMAC',
		key,
		new TextEncoder().encode(`${id}.${stamp}.${body}`)
	);
	return `v1,${btoa(String.fromCharCode(...new Uint8Array(mac)))}`;
}

/* Quoted for a POSIX shell. */
export function quote(text) {
	return `'${text.replaceAll("'", "'\\''")}'`;
}

/* Sent in a batch: in an array, and under the id of the batch, which an earlier
 * version gave another form. */
export function inBatch({ webhookId, _id }) {
	return webhookId.includes('-')
		? webhookId.endsWith('-b')
		: webhookId !== _id;
}

/* `own` as made by bodyOf(). The secret is used, but is not in the command. */
export async function curlOf(delivery, hook, own) {
	const body = inBatch(delivery) ? `[${own}]` : own;
	const stamp = String(Math.floor(Date.now() / 1000));
	const lines = [
		['Content-Type', 'application/json'],
		['webhook-id', delivery.webhookId],
		['webhook-timestamp', stamp],
	];
	if (may('manage')) {
		const { data } = await call('GET', `hooks/${hook._id}/secret`);
		const signature = await sign(
			data.secret,
			delivery.webhookId,
			stamp,
			body
		);
		if (signature) lines.push(['webhook-signature', signature]);
		lines.push(...Object.entries(hook.headers));
	}
	return [
		`curl -i ${quote(hook.target_url)}`,
		...lines.map(
			([name, value]) => `-H ${quote(`${name}: ${value}`)}`
		),
		`--data-binary ${quote(body)}`,
	].join(' \\\n  ');
}
