/* SPDX-License-Identifier: MIT */
/*
 * share: atomic numbers in a mapped file. Nothing is locked: an error of one in
 * a count is gone after a while, and a process that died in the middle is seen
 * to be gone.
 */
#include "share.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "outside/conf.h"
#include "outside/state_dir.h"
#include "rules/id.h"

/* Change the number with the table's layout: a process of an earlier version
 * may still have the old one mapped. */
#define FILE_NAME "share1"

enum {
	PROCESSES = 256,
	ROWS = 4096,
	PROBES = 8,
	/* How long an organization may have more than half of the time. */
	BURST_MS = 1000,
	DEBT_MAX_MS = 10000,
	/* A client that is slow and has its half waits so long. */
	PATIENCE_MS = 1000,
	/* Refused clients all come back together. */
	PENALTY_MS = 3000,
	/* How long an organization counts as one of those who ask. */
	SEEN_MS = 3600 * 1000,
	/* Nothing lasts longer: such times are from before a reboot. */
	STALE_MS = 600 * 1000
};

struct process {
	_Atomic int64_t pid, since;
	_Atomic uint64_t organization; /* 0: it is idle */
};

/* Names are the first bytes of an id or hash, which are as good as random. */
struct row {
	_Atomic uint64_t name;
	_Atomic uint64_t organization; /* of a key */
	/* Of an organization: the time at which its share will have fallen
	 * to half, if it asks no more. */
	_Atomic int64_t debt;
	_Atomic int64_t seen;
};

struct table {
	struct process process[PROCESSES];
	struct row key[ROWS], organization[ROWS];
};

struct share {
	struct table *table;
	struct process *own;
};

/* ---- the file ---- */

/* Used where API and sender are different users. Everybody may write to
 * /dev/shm: a file that is found there must be ours. */
static int open_in_memory(const struct state_dir *dir)
{
	static bool told;
	char name[80];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "/vyte-hooks-%lu-%s-" FILE_NAME,
		 (unsigned long)geteuid(), dir->name);
	fd = shm_open(name, O_RDWR | O_CREAT, 0600);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 07777) == 0600)
		return fd;
	if (fd >= 0)
		close(fd);
	if (!told)
		log_warn("/dev/shm%s is not ours: nothing bounds what one "
			 "organization takes of the API until it is removed",
			 name);
	told = true;
	return -1;
}

static int open_table(const struct conf *conf)
{
	struct state_dir dir;
	int fd = -1;

	if (state_dir_open(&dir, conf, false) == ERR_OK)
		fd = state_dir_file(&dir, FILE_NAME, O_RDWR | O_CREAT);
	else if (dir.foreign)
		fd = open_in_memory(&dir);
	state_dir_close(&dir);
	return fd;
}

static struct table *map_table(int fd)
{
	void *p = MAP_FAILED;

	if (ftruncate(fd, sizeof(struct table)) == 0)
		p = mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE,
			 MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED ? NULL : p;
}

/* ---- processes ---- */

static bool lives(int64_t pid)
{
	return pid > 0 && pid <= INT32_MAX &&
	       (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* NULL: there are too many. */
static struct process *take_place(struct table *t)
{
	int64_t own = getpid();

	for (size_t i = 0; i < PROCESSES; i++) {
		int64_t pid = atomic_load(&t->process[i].pid);

		if (pid != own && lives(pid))
			continue;
		if (!atomic_compare_exchange_strong(&t->process[i].pid, &pid,
						    own))
			continue;
		atomic_store(&t->process[i].organization, 0);
		return &t->process[i];
	}
	return NULL;
}

struct share *share_open(const struct conf *conf)
{
	struct table *t = NULL;
	struct process *own;
	struct share *s;
	int fd = open_table(conf);

	if (fd >= 0)
		t = map_table(fd);
	if (!t)
		return NULL;
	own = take_place(t);
	if (!own) {
		munmap(t, sizeof(*t));
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	*s = (struct share){.table = t, .own = own};
	return s;
}

void share_close(struct share *s)
{
	if (!s)
		return;
	atomic_store(&s->own->organization, 0);
	atomic_store(&s->own->pid, 0);
	munmap(s->table, sizeof(*s->table));
	free(s);
}

/* ---- rows ---- */

static uint64_t name_of(const unsigned char *bytes)
{
	uint64_t name;

	memcpy(&name, bytes, sizeof(name));
	return name ? name : 1;
}

/* An id begins with the time at which it was made. */
static uint64_t organization_name(const struct id *id)
{
	return name_of(id->b + ID_SIZE - sizeof(uint64_t));
}

/* NULL: there is no such row. */
static struct row *share_row(struct row *rows, uint64_t name)
{
	for (size_t i = 0; i < PROBES; i++) {
		struct row *r = &rows[(name + i) % ROWS];

		if (atomic_load(&r->name) == name)
			return r;
	}
	return NULL;
}

/* Makes a row, in place of the one that was not seen for the longest time. */
static struct row *make_row(struct row *rows, uint64_t name)
{
	struct row *r = share_row(rows, name), *oldest = &rows[name % ROWS];

	if (r)
		return r;
	for (size_t i = 1; i < PROBES; i++) {
		r = &rows[(name + i) % ROWS];
		if (atomic_load(&r->seen) < atomic_load(&oldest->seen))
			oldest = r;
	}
	atomic_store(&oldest->debt, 0);
	atomic_store(&oldest->name, name);
	return oldest;
}

/* ---- who has too much ---- */

static size_t count_processes(const struct share *s)
{
	size_t n = 0;

	for (size_t i = 0; i < PROCESSES; i++)
		n += lives(atomic_load(&s->table->process[i].pid));
	return n ? n : 1;
}

/* How long it takes until a process's time is half of all processes'. */
static int64_t cost_of(const struct share *s, int64_t ms)
{
	if (ms < 0 || ms > STALE_MS)
		return 0;
	return ms * 2 / (int64_t)count_processes(s);
}

static int64_t debt_left(const struct row *r, int64_t now)
{
	int64_t debt = atomic_load(&r->debt);

	return debt > now && debt - now <= DEBT_MAX_MS ? debt - now : 0;
}

/* -1: it is no time of this boot. */
static int64_t ms_since(int64_t then, int64_t now)
{
	return then >= 0 && then <= now ? now - then : -1;
}

/* Whether it has had more than half of the time of late. */
static bool has_had_its_half(const struct share *s, const struct row *r,
			     int64_t now)
{
	uint64_t name = atomic_load(&r->name);
	int64_t ms = 0;

	for (size_t i = 0; i < PROCESSES; i++) {
		const struct process *p = &s->table->process[i];
		int64_t took = ms_since(atomic_load(&p->since), now);

		if (atomic_load(&p->organization) == name && took >= 0 &&
		    took <= STALE_MS)
			ms += took;
	}
	return debt_left(r, now) + cost_of(s, ms) > BURST_MS;
}

static bool is_alone(const struct share *s, uint64_t name, int64_t now)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *r = &s->table->organization[i];
		int64_t age = ms_since(atomic_load(&r->seen), now);

		if (atomic_load(&r->name) != name && atomic_load(&r->name) &&
		    age >= 0 && age < SEEN_MS)
			return false;
	}
	return true;
}

/* Whether half of the processes work for it now; this one is not counted. */
static bool has_its_half(const struct share *s, uint64_t name)
{
	size_t busy = 0;

	for (size_t i = 0; i < PROCESSES; i++) {
		const struct process *p = &s->table->process[i];

		busy += p != s->own && atomic_load(&p->organization) == name &&
			lives(atomic_load(&p->pid));
	}
	return busy && busy >= count_processes(s) / 2;
}

bool share_refuses(struct share *s, const unsigned char *hash, int64_t now)
{
	const struct row *key;
	struct row *organization;
	uint64_t name;

	if (!s)
		return false;
	key = share_row(s->table->key, name_of(hash));
	if (!key)
		return false;
	name = atomic_load(&key->organization);
	organization = share_row(s->table->organization, name);
	if (!organization || !has_its_half(s, name) ||
	    !has_had_its_half(s, organization, now) || is_alone(s, name, now))
		return false;
	if (debt_left(organization, now) < BURST_MS + PENALTY_MS)
		atomic_store(&organization->debt, now + BURST_MS + PENALTY_MS);
	return true;
}

void share_begin(struct share *s, const unsigned char *hash,
		 const struct id *organization, int64_t now)
{
	uint64_t name = organization_name(organization);
	struct row *key;

	if (!s)
		return;
	key = make_row(s->table->key, name_of(hash));
	atomic_store(&key->organization, name);
	atomic_store(&key->seen, now);
	atomic_store(&make_row(s->table->organization, name)->seen, now);
	atomic_store(&s->own->since, now);
	atomic_store(&s->own->organization, name);
}

int64_t share_patience(const struct share *s, int64_t now)
{
	uint64_t name = s ? atomic_load(&s->own->organization) : 0;

	return name && has_its_half(s, name) && !is_alone(s, name, now)
		       ? PATIENCE_MS
		       : INT64_MAX;
}

void share_end(struct share *s, int64_t now)
{
	uint64_t name = s ? atomic_load(&s->own->organization) : 0;
	int64_t debt;
	struct row *r;

	if (!name)
		return;
	atomic_store(&s->own->organization, 0);
	r = make_row(s->table->organization, name);
	debt = debt_left(r, now) +
	       cost_of(s, ms_since(atomic_load(&s->own->since), now));
	atomic_store(&r->debt, now + (debt < DEBT_MAX_MS ? debt : DEBT_MAX_MS));
}
