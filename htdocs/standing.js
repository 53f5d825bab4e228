/* SPDX-License-Identifier: MIT */
/*
 * How a hook stands: since when, until when and why nothing is sent, and the
 * button that sends what waits.
 */
import { call, may } from './api.js';
import { many } from './format.js';
import { href } from './route.js';
import { Banner, Button, html, say, Text, Time, useWork } from './ui.js';

/* Whether waiting deliveries could go earlier than they would. */
export function canTry({ state }) {
	return (
		may('manage') &&
		['retrying', 'suspended', 'blocked', 'put_off'].includes(
			state.is
		)
	);
}

/* In a row: since when, until when, and why. */
export function Standing({ state: { is, since, until, reason } }) {
	if (is === 'healthy') return null;
	const when = [
		since && html`since <${Time} at=${since} />`,
		until && html`until <${Time} at=${until} />`,
		reason && html`<${Text} of=${reason} />`,
	].filter(Boolean);
	return html`<span class="since">${when.map((part, i) => [
		i > 0 && ', ',
		part,
	])}</span>`;
}

/* The meaning of a state for the deliveries. */
const MEANS = {
	retrying: 'Each delivery waits for its own next attempt.',
	suspended: 'The target cannot be reached.',
	put_off: 'The target asked for that time.',
	disabled: 'Deliveries are held until the hook is enabled.',
};

function Meaning({ state }) {
	if (state.is !== 'blocked') return MEANS[state.is];
	return html`The hook has its deliveries in order, and ${
		state.delivery
			? html`<a href=${href(`deliveries/${state.delivery}`)}>the
			first one</a>`
			: 'the first one'
	} has failed. All others wait for it.`;
}

/* At the head of a hook's page; `due`: how many deliveries would go by now. */
export function Headline({ hook, due, onChanged }) {
	const { state } = hook;
	if (state.is === 'healthy') return null;
	return html`<${Banner} tone="warn" title=${
		state.until
			? html`Nothing is sent until <${Time} at=${state.until} />.`
			: state.is === 'disabled'
				? 'The hook is disabled.'
				: 'Attempts fail.'
	}>
		<span><${Meaning} state=${state} />${
			state.reason &&
			html` Reason: <${Text} of=${state.reason} />.`
		}${
			due > 0 &&
			html` ${many(due, 'delivery is due', 'deliveries are due')}.`
		}</span>
		${
			canTry(hook) &&
			html`<${TryNow} hook=${hook}
			onDone=${onChanged} />`
		}<//>`;
}

export function TryNow({ hook, label = 'Try now', onDone }) {
	const [run, busy] = useWork();
	const work = async () => {
		const { data } = await call('POST', `hooks/${hook._id}/resume`);
		say(
			data.count
				? `${many(data.count, 'delivery is on its way', 'deliveries are on their way')}.`
				: 'No delivery waits; the next ones go at once.'
		);
		await onDone?.();
	};
	return html`<${Button} icon="bolt" busy=${busy}
		onClick=${() => run(work)}>${label}<span class="sr-only">
		${' '}for ${hook.description || hook.target_url}</span><//>`;
}
