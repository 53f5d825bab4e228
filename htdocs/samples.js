/* SPDX-License-Identifier: MIT */
/*
 * An example resource for each action: invented, in the form that a booking
 * application publishes.
 */
const organizer = {
	_id: '5f3a1c2e9b1d8e0017c4a901',
	name: 'Ada Moreau',
	email: 'ada@example.com',
	timezone: 'Europe/Paris',
};
const dates = [
	{
		_id: '60b0c1d27f2a4c001e5d3b10',
		start: '2026-03-12T09:00:00.000Z',
		end: '2026-03-12T09:45:00.000Z',
	},
	{
		_id: '60b0c1d27f2a4c001e5d3b11',
		start: '2026-03-13T14:30:00.000Z',
		end: '2026-03-13T15:15:00.000Z',
	},
];
const event = {
	_id: '60b0c1d27f2a4c001e5d3b0f',
	title: 'Kick-off: spring campaign',
	status: 'pending',
	organizer,
	place: { name: 'Room Seine, 2nd floor' },
	dates,
	invitees: [{ email: 'jo@example.com', name: 'Jo Lindqvist' }],
};
const guest = { email: 'sam@example.com', name: 'Sam Okafor' };

export const SAMPLES = {
	'event.created': event,
	'event.confirmed': {
		...event,
		status: 'confirmed',
		confirmed: dates[0],
	},
	'event.updated': {
		...event,
		title: 'Kick-off: summer campaign',
		changed: ['title'],
	},
	'event.cancelled': {
		...event,
		status: 'cancelled',
		reason: 'The room is being painted.',
	},
	'event.voted': {
		_id: event._id,
		title: event.title,
		votes: [
			{
				invitee: event.invitees[0],
				date: dates[1]._id,
				answer: 'yes',
			},
		],
	},
	'event.new_invitee': {
		_id: event._id,
		title: event.title,
		invitee: guest,
	},
	'user.joined': {
		...organizer,
		_id: '5f3a1c2e9b1d8e0017c4a944',
		name: 'Mina Park',
		email: 'mina@example.com',
		role: 'member',
	},
	'vyteme.updated': {
		_id: '60a7b2f4d9c1e5001f6a2c33',
		url: 'https://booking.example.com/ada',
		title: 'Talk to Ada',
		durations: [15, 30, 45],
		enabled: true,
	},
};

/* JSON, laid out. */
export function sampleOf(action) {
	return JSON.stringify(SAMPLES[action] ?? {}, null, 2);
}
