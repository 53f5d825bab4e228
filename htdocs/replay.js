/* SPDX-License-Identifier: MIT */
/*
 * Sending a hook's deliveries of a range of time again: they are counted first,
 * and while they are sent, the progress is shown.
 */
import { useEffect, useState } from './vendor/hooks.js';
import { call } from './api.js';
import { count, fromInput, many, toInput, zone } from './format.js';
import {
	Banner,
	Button,
	Dialog,
	Field,
	html,
	Segments,
	Trouble,
} from './ui.js';

const RANGES = {
	1: 'Last hour',
	24: 'Last day',
	168: 'Last week',
	own: 'Other',
};
const STATES = ['pending', 'delivered', 'failed', 'held', 'cancelled'];

function hoursAgo(hours) {
	return new Date(Date.now() - hours * 3600e3).toISOString();
}

/* { count } or { error } for the chosen deliveries, a moment after a choice. */
function useCount(hook, body) {
	const [state, setState] = useState({});
	const words = JSON.stringify(body);
	useEffect(() => {
		let wanted = true;
		setState({});
		const timer =
			body.states.length &&
			setTimeout(async () => {
				try {
					const { data } = await call(
						'POST',
						`hooks/${hook._id}/replay`,
						{
							query: { dry_run: 1 },
							body: words,
						}
					);
					if (wanted)
						setState({ count: data.count });
				} catch (error) {
					if (wanted) setState({ error });
				}
			}, 300);
		return () => {
			wanted = false;
			clearTimeout(timer);
		};
	}, [words]);
	return state;
}

function Range({ form, set }) {
	const pick = (range) =>
		set(
			range === 'own'
				? { range }
				: {
						range,
						since: hoursAgo(Number(range)),
						until: '',
					}
		);
	const moment = (name, label, optional) => html`<${Field} label=${label}
		optional=${optional} hint="Times in ${zone()}">${(attributes) =>
			html`<input ...${attributes} type="datetime-local"
		value=${toInput(form[name])}
		onChange=${(e) => set({ [name]: fromInput(e.target.value) })} />`}<//>`;
	return html`<${Segments} label="Time range" of=${RANGES}
		value=${form.range} onChange=${pick} />
		${
			form.range === 'own' &&
			html`<div class="two">${moment('since', 'Published since')}
			${moment('until', 'Until', true)}</div>`
		}`;
}

function States({ chosen, onChange }) {
	const turn = (state, on) =>
		onChange(
			on
				? [...chosen, state]
				: chosen.filter((other) => other !== state)
		);
	return html`<fieldset class="field"><legend>States</legend>
		<div class="choices">${STATES.map(
			(state) => html`<label key=${state}
			class="choice"><input type="checkbox"
			checked=${chosen.includes(state)}
			onChange=${(e) => turn(state, e.target.checked)} />${state}</label>`
		)}</div></fieldset>`;
}

/* The number of waiting deliveries, requested again and again. */
function Progress({ hook, total, onClose }) {
	const [left, setLeft] = useState(total);
	useEffect(() => {
		const timer = setInterval(async () => {
			try {
				const { data } = await call('GET', 'stats', {
					query: { hook: hook._id },
				});
				setLeft(
					Math.min(total, data.hooks[0]?.due ?? 0)
				);
			} catch {
				// the next request may succeed
			}
		}, 1000);
		return () => clearInterval(timer);
	}, []);
	return html`<div role="status"><p>${
		left > 0
			? `${count(total - left)} of ${many(total, 'delivery', 'deliveries')} attempted…`
			: `All ${count(total)} were attempted.`
	}</p></div>
		<progress max=${Math.max(total, 1)} value=${total - left}
			aria-label="Replay"></progress>
		<p class="muted">The replay continues when this is closed, as fast as
		the hook's limits allow.</p>
		<footer class="dialog-foot"><${Button} kind="primary"
			onClick=${onClose}>${left > 0 ? 'Close' : 'Done'}<//></footer>`;
}

export function Replay({ hook, onClose }) {
	const [form, setForm] = useState({
		range: '24',
		since: hoursAgo(24),
		until: '',
		states: ['pending', 'failed'],
	});
	const [started, setStarted] = useState(null);
	const [trouble, setTrouble] = useState(null);
	const [busy, setBusy] = useState(false);
	const set = (part) => setForm((old) => ({ ...old, ...part }));
	const body = {
		since: form.since,
		...(form.until && { until: form.until }),
		states: form.states,
	};
	const found = useCount(hook, body);
	const start = async () => {
		setBusy(true);
		try {
			const { data } = await call(
				'POST',
				`hooks/${hook._id}/replay`,
				{ body }
			);
			setStarted(data.count);
		} catch (error) {
			setTrouble(error);
			setBusy(false);
		}
	};
	if (started !== null) {
		return html`<${Dialog} title="Replaying" onClose=${onClose}>
			<${Progress} hook=${hook} total=${started}
				onClose=${onClose} /><//>`;
	}
	return html`<${Dialog} title="Replay deliveries" onClose=${onClose}>
		<p>Sends deliveries of this hook again, with the same${' '}
		<code>webhook-id</code>, so that a receiver that remembers ids does
		no work twice.</p>
		<${Range} form=${form} set=${set} />
		<${States} chosen=${form.states}
			onChange=${(states) => set({ states })} />
		${
			trouble || found.error
				? html`<${Trouble}
			error=${trouble ?? found.error} fields />`
				: html`<${Banner}><span role="status">${
						!form.states.length
							? 'Choose at least one state.'
							: found.count ===
								  undefined
								? 'Counting…'
								: found.count
									? `${many(found.count, 'delivery', 'deliveries')} will be sent again.`
									: 'There is nothing to send again.'
					}</span><//>`
		}
		<footer class="dialog-foot"><${Button} onClick=${onClose}>Cancel<//>
		<${Button} kind="primary" busy=${busy} disabled=${!found.count}
			onClick=${start}>${
				found.count
					? `Replay ${count(found.count)}`
					: 'Replay'
			}<//></footer><//>`;
}
