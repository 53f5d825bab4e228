/* SPDX-License-Identifier: MIT */
/*
 * A hook's secret, its rotation, and how a receiver verifies with it. The code
 * is that of examples/receivers/.
 */
import { useEffect, useState } from './vendor/hooks.js';
import { call } from './api.js';
import {
	Banner,
	Button,
	Card,
	Code,
	Confirm,
	Copy,
	Field,
	html,
	Options,
	Segments,
	say,
	Skeleton,
	useWork,
} from './ui.js';

const OVERLAPS = [
	['0s', 'Not at all: it ends now'],
	['1h', '1 hour'],
	['24h', '24 hours'],
	['3d', '3 days'],
	['7d', '7 days'],
];

function Rotate({ hook, onDone, onClose }) {
	const [overlap, setOverlap] = useState('24h');
	const work = async () => {
		const { data } = await call(
			'POST',
			`hooks/${hook._id}/secret/rotate`,
			{ body: { overlap } }
		);
		onDone(data.secret);
		say('The secret was replaced.');
	};
	return html`<${Confirm} title="Rotate the secret" verb="Rotate"
		work=${work} onClose=${onClose}>
		<p>A new secret is generated. For a while the old one also signs, so
		that the receiver can be changed without losing a delivery.</p>
		<${Field} label="How long the old secret stays valid">${(attributes) =>
			html`<select ...${attributes} value=${overlap}
		onChange=${(event) => setOverlap(event.target.value)}>
		<${Options} of=${OVERLAPS} value=${overlap} /></select>`}<//><//>`;
}

export function Secret({ hook }) {
	const [secret, setSecret] = useState(null);
	const [rotating, setRotating] = useState(false);
	const [run, busy] = useWork();
	const show = () =>
		run(async () =>
			setSecret(
				(await call('GET', `hooks/${hook._id}/secret`))
					.data.secret
			)
		);
	return html`<${Card} title="Secret" aside=${html`<${Button} kind="ghost"
		icon="again" onClick=${() => setRotating(true)}>Rotate<//>`}>
		<p class="muted">It signs every delivery. Whoever has it can forge
		deliveries.</p>
		<div class="secret"><code class="secret-text" role="status">${
			secret ?? `whsec_${'•'.repeat(24)}`
		}</code>
		${
			secret
				? html`<${Copy} text=${secret} /><${Button} kind="ghost"
			onClick=${() => setSecret(null)}>Hide<//>`
				: html`<${Button} busy=${busy} onClick=${show}>Show<//>`
		}</div>
		${
			rotating &&
			html`<${Rotate} hook=${hook} onDone=${setSecret}
			onClose=${() => setRotating(false)} />`
		}<//>`;
}

/* ---- verification ---- */

const LANGUAGES = {
	php: 'PHP',
	python: 'Python',
	javascript: 'JavaScript',
	go: 'Go',
	c: 'C',
};

function useSnippet(language) {
	const [state, setState] = useState({});
	useEffect(() => {
		let wanted = true;
		fetch(new URL(`verify/${language}.txt`, location.href), {
			credentials: 'omit',
		})
			.then((answer) =>
				answer.ok
					? answer.text()
					: Promise.reject(
							new Error(
								`${answer.status}`
							)
						)
			)
			.then((text) => wanted && setState({ language, text }))
			.catch(
				(error) =>
					wanted && setState({ language, error })
			);
		return () => {
			wanted = false;
		};
	}, [language]);
	// The earlier snippet must not be shown under another language.
	return state.language === language ? state : {};
}

export function Verify({ hook }) {
	const [language, setLanguage] = useState('php');
	const { text, error } = useSnippet(language);
	const own = Object.keys(hook.headers);
	return html`<${Card} title="Verify in the receiver" aside=${html`
		<${Segments} label="Language" of=${LANGUAGES} value=${language}
			onChange=${setLanguage} />`}>
		<p class="muted">Verify the bytes as received, before they are parsed.
		The signature is in <code>webhook-signature</code> and covers${' '}
		<code>webhook-id</code>, <code>webhook-timestamp</code> and the
		body.${
			own.length > 0 &&
			html` This hook also sends ${own.map(
				(name, i) =>
					html`${i > 0 && ', '}<code>${name}</code>`
			)}, which ${own.length > 1 ? 'are' : 'is'} not signed.`
		}</p>
		${
			error
				? html`<${Banner} tone="warn" title="Not found.">The file
			verify/${language}.txt was not found beside this page.<//>`
				: text === undefined
					? html`<${Skeleton} rows=${3} />`
					: html`<div class="with-copy"><${Code} text=${text}
				label="${LANGUAGES[language]} code" /><${Copy}
				text=${text} /></div>`
		}<//>`;
}
