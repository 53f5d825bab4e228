/* SPDX-License-Identifier: MIT */
/*
 * The API reference, made from /v2/openapi.json, the description that the
 * service gives of its own API.
 */
import { Fragment } from './vendor/preact.js';
import { useState } from './vendor/hooks.js';
import { base, useGet } from './api.js';
import { quote } from './curl.js';
import { Card, Code, Copy, html, Loaded, Page } from './ui.js';

const METHODS = ['get', 'post', 'put', 'delete', 'patch'];
const DEPTH_MAX = 5;

/* The target of a $ref within the document; any other node unchanged. */
function resolve(doc, node) {
	for (let i = 0; node?.$ref && i < 8; i++) {
		node = node.$ref
			.slice(2)
			.split('/')
			.reduce(
				(at, part) =>
					at?.[
						part
							.replaceAll('~1', '/')
							.replaceAll('~0', '~')
					],
				doc
			);
	}
	return node ?? {};
}

function typeOf(doc, schema) {
	const s = resolve(doc, schema);
	if (s.const !== undefined) return JSON.stringify(s.const);
	if (s.type === 'array' || s.items)
		return `array of ${typeOf(doc, s.items ?? {})}`;
	const many = s.oneOf ?? s.anyOf;
	if (many) return many.map((one) => typeOf(doc, one)).join(' or ');
	const type = [s.type ?? 'any'].flat().join(' or ');
	return s.format ? `${type} (${s.format})` : type;
}

/* All members of an object schema, including those from allOf. */
function membersOf(doc, schema) {
	const s = resolve(doc, schema);
	const parts = (s.allOf ?? []).map((part) => membersOf(doc, part));
	return {
		properties: Object.assign(
			{},
			...parts.map((p) => p.properties),
			s.properties
		),
		required: [
			...parts.flatMap((p) => p.required),
			...(s.required ?? []),
		],
	};
}

/* The object schema inside a schema, which may be an array or a choice. */
function inner(doc, schema) {
	const s = resolve(doc, schema);
	if (s.items) return inner(doc, s.items);
	const one = (s.oneOf ?? s.anyOf)
		?.map((part) => resolve(doc, part))
		.find((part) => part.type !== 'null');
	return one ? inner(doc, one) : s;
}

/* ---- parts ---- */

/* From Markdown a line may have `code` and **strong** text. */
function Prose({ of }) {
	return (of ?? '')
		.split(/(`[^`]*`|\*\*[^*]+\*\*)/)
		.map((part, i) =>
			part[0] === '`'
				? html`<code key=${i}>${part.slice(1, -1)}</code>`
				: part.startsWith('**')
					? html`<strong key=${i}>${part.slice(2, -2)}</strong>`
					: part
		);
}

function Table({ of }) {
	const [head, , ...rows] = of.split('\n').map((line) =>
		line
			.split('|')
			.slice(1, -1)
			.map((cell) => cell.trim())
	);
	return html`<table><thead><tr>${head.map(
		(cell) => html`<th scope="col"
		key=${cell}>${cell}</th>`
	)}</tr></thead><tbody>${rows.map(
		(row, i) =>
			html`<tr key=${i}>${row.map(
				(cell, n) => html`<td key=${n}><${Prose}
			of=${cell} /></td>`
			)}</tr>`
	)}</tbody></table>`;
}

/* The blocks from Markdown: headings, tables, paragraphs. */
function Article({ of }) {
	return (of ?? '').split(/\n{2,}/).map((block, i) => {
		const [first, ...rest] = block.split('\n');
		if (block.startsWith('|'))
			return html`<${Table} key=${i} of=${block} />`;
		return html`<${Fragment} key=${i}>${
			first.startsWith('#') &&
			html`
			<h3>${first.replace(/^#+ /, '')}</h3>`
		}<p><${Prose}
			of=${first.startsWith('#') ? rest.join(' ') : block} /></p><//>`;
	});
}

function Limits({ of: s }) {
	const words = [
		s.enum && `one of ${s.enum.map(String).join(', ')}`,
		s.default !== undefined &&
			`default ${JSON.stringify(s.default)}`,
		s.minimum !== undefined && `from ${s.minimum}`,
		s.maximum !== undefined && `up to ${s.maximum}`,
		s.maxLength !== undefined && `up to ${s.maxLength} characters`,
		s.maxItems !== undefined && `up to ${s.maxItems} items`,
	].filter(Boolean);
	return (
		words.length > 0 &&
		html`<span class="muted"> ${words.join(', ')}</span>`
	);
}

/* `must`: the mark of a required member. */
function Members({ doc, schema, must, depth = 0 }) {
	const { properties, required } = membersOf(doc, inner(doc, schema));
	const names = Object.keys(properties);
	if (!names.length || depth > DEPTH_MAX) return null;
	return html`<ul class="members">${names.map((name) => {
		const s = resolve(doc, properties[name]);
		return html`<li key=${name}><code>${name}</code>${' '}
			<span class="muted">${typeOf(doc, properties[name])}</span>${
				required.includes(name) &&
				html` <span class="badge">${must}</span>`
			}
			${' '}<${Prose} of=${
				properties[name].description ?? s.description
			} /><${Limits} of=${s} />
			<${Members} doc=${doc} schema=${properties[name]}
				must=${must} depth=${depth + 1} /></li>`;
	})}</ul>`;
}

function Parameters({ doc, list }) {
	if (!list.length) return null;
	return html`<h3>Parameters</h3><ul class="members">${list.map(
		(p) => html`
		<li key=${p.name + p.in}><code>${p.name}</code>${' '}<span
			class="muted">${p.in}, ${typeOf(doc, p.schema)}</span>${
				p.required &&
				html` <span class="badge">required</span>`
			}${' '}
		<${Prose} of=${p.description} /><${Limits}
			of=${resolve(doc, p.schema)} /></li>`
	)}</ul>`;
}

function exampleOf(media) {
	const one =
		media?.example ??
		Object.values(media?.examples ?? {})[0]?.value;
	return one === undefined
		? null
		: typeof one === 'string'
			? one
			: JSON.stringify(one, null, 2);
}

function Content({ doc, of, must }) {
	const [[type, media] = []] = Object.entries(of ?? {});
	if (!type) return null;
	const example = exampleOf(media);
	return html`<p class="muted">${type}, ${typeOf(doc, media.schema ?? {})}</p>
		<${Members} doc=${doc} schema=${media.schema ?? {}} must=${must} />
		${
			example &&
			html`<${Code} text=${example} label="Example"
			formatted />`
		}`;
}

function Answers({ doc, of }) {
	return html`<h3>Answers</h3>${Object.entries(of).map(
		([status, found]) => {
			const answer = resolve(doc, found);
			return html`<details key=${status} class="answer"><summary><b
			class=${status < '3' ? 'tone-good' : ''}>${status}</b> <${Prose}
			of=${answer.description} /></summary>
			<${Content} doc=${doc} of=${answer.content}
				must="always" /></details>`;
		}
	)}`;
}

function curlFor({ path, method, body, example }) {
	const url = new URL(
		path.replace(/^\/(v2\/)?/, (_, v2) => (v2 ? '' : '../')),
		base
	);
	const lines = [
		`curl ${
			method === 'get' ? '' : `-X ${method.toUpperCase()} `
		}-H "Authorization: $key"`,
	];
	if (body) {
		lines.push(
			"-H 'Content-Type: application/json'",
			`-d ${quote(example ?? '{}')}`
		);
	}
	lines.push(quote(decodeURI(url.href)));
	return lines.join(' \\\n  ');
}

function Operation({ doc, path, method, op }) {
	const [open, setOpen] = useState(false);
	const body = op.requestBody && resolve(doc, op.requestBody);
	const list = [
		...(doc.paths[path].parameters ?? []),
		...(op.parameters ?? []),
	].map((p) => resolve(doc, p));
	const curl = curlFor({
		path,
		method,
		body,
		example: exampleOf(Object.values(body?.content ?? {})[0]),
	});
	return html`<details class="operation"
		onToggle=${(event) => setOpen(event.currentTarget.open)}>
		<summary><span class="method method-${method}">${method}</span>
		<code>${path}</code> <span class="muted">${op.summary}</span></summary>
		${
			open &&
			html`<div class="operation-body">
		<p><${Prose} of=${op.description} />${
			op['x-roles'] &&
			html`
			<span class="muted"> For keys with the role ${[op['x-roles']]
				.flat()
				.join(', ')}.</span>`
		}</p>
		<div class="with-copy"><${Code} text=${curl} label="curl" /><${Copy}
			text=${curl} /></div>
		<${Parameters} doc=${doc} list=${list} />
		${
			body &&
			html`<h3>Body</h3><${Content} doc=${doc}
			of=${body.content} must="required" />`
		}
		<${Answers} doc=${doc} of=${op.responses ?? {}} /></div>`
		}</details>`;
}

/* ---- the page ---- */

function groups(doc) {
	const out = new Map();
	for (const [path, item] of Object.entries(doc.paths ?? {})) {
		for (const method of METHODS.filter((m) => item[m])) {
			const tag = item[method].tags?.[0] ?? 'Other';
			out.set(tag, [
				...(out.get(tag) ?? []),
				{ path, method, op: item[method] },
			]);
		}
	}
	return [...out];
}

export function Reference() {
	const from = useGet('openapi.json');
	return html`<${Page} title="API reference" lead=${html`Everything in this dashboard can
		also be done by HTTP, below <code>${base.href}</code>. As a file:
		${' '}<a href="openapi.yaml">openapi.yaml</a>`}>
		<${Loaded} from=${from} rows=${10}>${(doc) => html`
		<${Card} title=${doc.info?.summary ?? 'About the API'}><div
			class="article"><${Article} of=${doc.info?.description} /></div>
		<//>
		${groups(doc).map(
			([tag, list]) => html`<${Card} key=${tag}
			class="card-flush" title=${tag}>${list.map(
				(one) => html`
			<${Operation} key=${one.method + one.path} doc=${doc}
				...${one} />`
			)}<//>`
		)}`}<//><//>`;
}
