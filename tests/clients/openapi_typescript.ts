/* SPDX-License-Identifier: MIT */
/* With the types of openapi-typescript and openapi-fetch: URL KEY TARGET. */
import createClient from 'openapi-fetch';
import type { components, paths } from './hooks.js';

declare const process: { argv: string[]; exit(status: number): never };

type Delivery = components['schemas']['Delivery'];

const [url, key, target] = process.argv.slice(2) as [string, string, string];
const client = createClient<paths>({
	baseUrl: url,
	headers: { Authorization: `Bearer ${key}` },
});

function ok(step: string) {
	console.log(`ok ${step}`);
}

function must(holds: unknown, what?: unknown): asserts holds {
	if (!holds) throw new Error(JSON.stringify(what));
}

/* The data of an answer that must be a good one. */
async function good<T>(answer: Promise<{ data?: T; error?: unknown }>) {
	const { data, error } = await answer;
	must(data !== undefined, error);
	return data;
}

function notification(title: string) {
	return { action: 'event.created', resource: { title } };
}

/* The deliveries of the hook, once so many have arrived. */
async function delivered(hook: string, count: number): Promise<Delivery[]> {
	for (const end = Date.now() + 60000; Date.now() < end; ) {
		const found = await good(
			client.GET('/v2/deliveries', {
				params: { query: { hook, state: 'delivered' } },
			})
		);
		if (found.length >= count) return found;
		await new Promise((done) => setTimeout(done, 200));
	}
	throw new Error('nothing arrives');
}

const hook = await good(
	client.POST('/v2/hooks', {
		body: {
			target_url: target,
			action: 'event.*',
			scope: 'organization',
			headers: { 'X-Token': 'xyzzy' },
		},
	})
);
must(hook.state.is === 'healthy' && hook.state.until === null, hook);
ok('create');

const path = { id: hook._id };
const all = await good(client.GET('/v2/hooks'));
must(
	all.some((one) => one._id === hook._id),
	all
);
const query = { action: 'user.joined', limit: 1 };
const none = await good(client.GET('/v2/hooks', { params: { query } }));
must(none.length === 0, none);
ok('list');

const got = await good(client.GET('/v2/hooks/{id}', { params: { path } }));
must(got.headers['X-Token'] === 'xyzzy', got);
ok('get');

const changed = await good(
	client.PUT('/v2/hooks/{id}', {
		params: { path },
		body: { action: '*', description: null, rate_limit: 1000 },
	})
);
must(changed.action === '*' && changed.rate_limit === 1000, changed);
ok('change');

const one = await good(
	client.POST('/v2/notifications', {
		params: { header: { 'Idempotency-Key': 'openapi_typescript.ts' } },
		body: notification('One'),
	})
);
must(!Array.isArray(one) && one.user === undefined, one);
ok('publish');

const many = await good(
	client.POST('/v2/notifications', {
		body: [notification('Two'), notification('Three')],
	})
);
must(Array.isArray(many) && many.length === 2, many);
ok('publish many');

const arrived = (await delivered(hook._id, 3))[0]!;
must(arrived.nextAttemptAt === null && arrived.finishedAt, arrived);
const full = await good(
	client.GET('/v2/deliveries/{id}', {
		params: { path: { id: arrived._id } },
	})
);
must(full.attempts[0]?.status === 200 && !full.attempts[0].error, full);
const shown = await good(
	client.GET('/v2/notifications/{id}', {
		params: { path: { id: one._id } },
	})
);
must(shown.deliveries.length === 1, shown);
ok('deliveries');

const old = await good(
	client.GET('/v2/hooks/{id}/secret', { params: { path } })
);
const fresh = await good(
	client.POST('/v2/hooks/{id}/secret/rotate', {
		params: { path },
		body: { overlap: '1h' },
	})
);
must(fresh.secret.startsWith('whsec_') && fresh.secret !== old.secret);
ok('rotate');

const ping = await good(
	client.POST('/v2/hooks/{id}/ping', { params: { path } })
);
must(ping.action === 'ping', ping);
await delivered(hook._id, 4);
ok('ping');

const resumed = await good(
	client.POST('/v2/hooks/{id}/resume', { params: { path } })
);
must(resumed.count === 0, resumed);
ok('resume');

const stats = await good(
	client.GET('/v2/stats', { params: { query: { hook: hook._id } } })
);
must(stats.sender?.alive, stats);
const organization = await good(client.GET('/v2/organization'));
must(organization.stored.limit === 10 * 2 ** 30, organization);
ok('figures');

const refused = await client.POST('/v2/hooks', {
	body: { target_url: 'x', action: 'event.created' },
});
must(refused.response.status === 400, refused.error);
must(refused.error?.errors?.[0]?.pointer === '/target_url', refused.error);
ok('refused');

const removed = await client.DELETE('/v2/hooks/{id}', { params: { path } });
must(removed.response.status === 204, removed.error);
const gone = await client.GET('/v2/hooks/{id}', { params: { path } });
must(gone.response.status === 404, gone.error);
ok('delete');
