/* SPDX-License-Identifier: MIT */
/*
 * The dashboard: signing in, the frame around the pages, the choice of a page.
 */
import { render } from './vendor/preact.js';
import { useEffect, useRef, useState } from './vendor/hooks.js';
import { keptKey, session, signIn, signOut, watchSession } from './api.js';
import { setTheme, setUtc, useSettings, zone } from './format.js';
import { href, useRoute } from './route.js';
import {
	Banner,
	Button,
	Empty,
	Field,
	html,
	Icon,
	later,
	Page,
	Sayings,
	Text,
} from './ui.js';
import { Overview } from './page_overview.js';
import { Hooks } from './page_hooks.js';
import { Deliveries } from './page_deliveries.js';
import { Notification, Notifications } from './page_notifications.js';

const PLACES = [
	['overview', 'Overview'],
	['hooks', 'Hooks'],
	['deliveries', 'Deliveries'],
	['notifications', 'Notifications'],
	['actions', 'Actions'],
	['publish', 'Publish'],
	['reference', 'API reference'],
];

/* The page of a place, and the page of one item there. */
const PAGES = {
	overview: [Overview],
	hooks: [Hooks, later(() => import('./page_hook.js'), 'Hook')],
	deliveries: [
		Deliveries,
		later(() => import('./page_delivery.js'), 'Delivery'),
	],
	notifications: [Notifications, Notification],
	actions: [later(() => import('./page_actions.js'), 'Actions')],
	publish: [later(() => import('./page_publish.js'), 'Publish')],
	reference: [later(() => import('./page_reference.js'), 'Reference')],
};

/* ---- signing in ---- */

function explain(error) {
	if (error.status === 401)
		return `${error.message} Ask the operator of this site for a new one.`;
	if (error.status === 403) {
		return (
			'This key may only start the sender (role “run”). The ' +
			'dashboard needs one of the roles read, publish or manage.'
		);
	}
	return error.message;
}

function SignIn() {
	const [key, setKey] = useState('');
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState(null);
	const submit = async (event) => {
		event.preventDefault();
		setBusy(true);
		try {
			await signIn(key.trim());
		} catch (trouble) {
			setError(trouble);
			setBusy(false);
		}
	};
	return html`<main class="signin"><form class="signin-card"
		onSubmit=${submit}>
		<img class="signin-logo" src="icon.svg" alt="" width="40"
			height="40" />
		<h1>Sign in to vyte-hooks</h1>
		<p class="muted">See every webhook that was sent, what the receiver
		answered, and send it again.</p>
		${session.ended && !error && html`<${Banner} tone="warn">${session.ended}<//>`}
		<${Field} label="API key" error=${error && explain(error)}
			hint="It is kept in this tab only, until the tab is closed."
		>${(attributes) => html`<input ...${attributes} type="password"
		name="key" autocomplete="off" spellcheck="false" required
		autofocus value=${key}
		onInput=${(event) => setKey(event.target.value)} />`}<//>
		<button type="submit" class="button button-primary button-large"
			disabled=${busy} aria-busy=${busy}>
			${busy ? 'Signing in…' : 'Sign in'}</button>
		<p class="hint">The operator of the site creates keys with${' '}
		<code>hooks-admin key create</code>.</p>
	</form></main>`;
}

/* ---- the frame ---- */

function Settings() {
	const { theme, utc } = useSettings();
	const next = { system: 'light', light: 'dark', dark: 'system' }[theme];
	return html`<div class="side-settings">
		<button type="button" class="button button-ghost"
			onClick=${() => setUtc(!utc)}><${Icon} name="clock" />
			<span class="sr-only">Times in </span>${zone()}
			<span class="sr-only">; switch to ${utc ? 'local time' : 'UTC'}</span></button>
		<button type="button" class="button button-ghost"
			onClick=${() => setTheme(next)}><${Icon} name="sun" />
			<span class="sr-only">Colours: </span>${
				{
					system: 'System',
					light: 'Light',
					dark: 'Dark',
				}[theme]
			}
			<span class="sr-only">; switch to ${next}</span></button>
		<button type="button" class="button button-ghost"
			onClick=${() => signOut()}><${Icon} name="out" />Sign out
		</button></div>`;
}

function Side({ place }) {
	const [open, setOpen] = useState(false);
	useEffect(() => setOpen(false), [place]);
	return html`<header class="side ${open && 'side-open'}">
		<div class="side-head"><a class="brand" href="#/overview">
		<img src="icon.svg" alt="" width="24" height="24" />
		vyte-hooks</a>
		<button type="button" class="button button-ghost side-toggle"
			aria-expanded=${String(open)} aria-controls="nav"
			onClick=${() => setOpen(!open)}><${Icon}
			name=${open ? 'close' : 'menu'} />Menu</button></div>
		<div class="side-body" id="nav">
		<p class="who"><span class="who-name"><${Text}
			of=${session.org.name} /></span><span class="badge">${
				session.org.role
			}</span></p>
		<nav aria-label="Pages"><ul>${PLACES.filter(
			([id]) =>
				id !== 'publish' || session.org.role !== 'read'
		).map(
			([id, name]) =>
				html`<li key=${id}><a href=${href(id)}
			aria-current=${id === place ? 'page' : undefined}>
			<${Icon} name=${id} />${name}</a></li>`
		)}</ul></nav>
		<${Settings} /></div></header>`;
}

function Lost() {
	return html`<${Page} title="Not found"><${Empty} icon="warn"
		title="There is no such page">
		<a href="#/overview">Go to the overview</a><//><//>`;
}

function Shell() {
	const route = useRoute();
	const [place = 'overview', id, ...rest] = route.parts;
	const Found = !rest.length && PAGES[place]?.[id === undefined ? 0 : 1];
	const first = useRef(true);
	useEffect(() => {
		scrollTo(0, 0);
		// Where a screen reader, or the Tab key, continues.
		if (!first.current)
			document.querySelector('h1')?.focus({
				preventScroll: true,
			});
		first.current = false;
	}, [place, id]);
	return html`<div class="shell">
		<a class="skip" href="#main" onClick=${(event) => {
			event.preventDefault();
			document.querySelector('h1')?.focus();
		}}>Skip to the content</a>
		<${Side} place=${place} />
		<main class="main" id="main">${
			Found
				? html`<${Found} key=${`${place}/${id}`} id=${id}
		query=${route.query} />`
				: html`<${Lost} />`
		}</main></div>`;
}

function App() {
	const [, turn] = useState({});
	useEffect(() => watchSession(() => turn({})), []);
	return html`${session.org ? html`<${Shell} />` : html`<${SignIn} />`}
		<${Sayings} />`;
}

/* ---- starting ---- */

/* Says why it is not known yet whether the key is valid. */
function Waiting({ error }) {
	return html`<main class="signin"><div class="signin-card">
		<h1>${error.status ? 'Not available now' : 'No connection'}</h1>
		<p class="muted">${error.message}</p>
		<${Button} kind="primary" icon="again" onClick=${start}>Try
		again<//>
		<${Button} kind="ghost" onClick=${() => {
			signOut();
			start();
		}}>Sign out<//></div></main>`;
}

async function start() {
	const root = document.getElementById('app');
	const key = keptKey();
	let shown = html`<${App} />`;
	if (key) {
		try {
			await signIn(key);
		} catch (error) {
			if (error.status === 401 || error.status === 403)
				signOut(explain(error));
			else shown = html`<${Waiting} error=${error} />`;
		}
	}
	// The static page, shown before the program was loaded.
	root.replaceChildren();
	render(shown, root);
}

start();
