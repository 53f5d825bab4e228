/* SPDX-License-Identifier: MIT */
/*
 * db_stmt: prepared statements: the cache, values on their way in, rows on
 * their way out.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "outside/db_driver.h"
#include "outside/db_sql.h"

enum {
	CELL_BYTES = 256, /* a column's first buffer */
	STATEMENT_BYTES = 1024 * 1024
};

/* A missing right shows only here, long after the connect. */
static enum err fail_stmt(struct db *db, MYSQL_STMT *stmt)
{
	enum err e =
		db_fail(db, mysql_stmt_errno(stmt), mysql_stmt_error(stmt));

	if (e == ERR_CONFIG && !db->getting_ready)
		log_error("database: %s", db->text);
	return e;
}

void db_stmt_free(struct db_stmt *q)
{
	for (unsigned i = 0; i < q->columns; i++)
		free(q->cell[i].bytes);
	free(q->cell);
	free(q->bind);
	if (q->stmt)
		mysql_stmt_close(q->stmt);
	free(q);
}

static struct db_stmt **cache_slot(struct db *db, const char *sql,
				   size_t repeats)
{
	uintptr_t h =
		((uintptr_t)sql >> 3) ^ ((uintptr_t)sql >> 11) ^ (repeats * 31);

	return &db->cache[h & (DB_CACHE_SLOTS - 1)];
}

/* How a result column is fetched; all other types are read as bytes. */
static void bind_column(MYSQL_BIND *b, struct db_cell *cell,
			const MYSQL_FIELD *field)
{
	b->is_null = &cell->null;
	b->length = &cell->length;
	b->error = &cell->cut;
	b->is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;
	switch (field->type) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
		b->buffer_type = MYSQL_TYPE_LONGLONG;
		b->buffer = &cell->i;
		break;
	case MYSQL_TYPE_FLOAT:
	case MYSQL_TYPE_DOUBLE:
		b->buffer_type = MYSQL_TYPE_DOUBLE;
		b->buffer = &cell->d;
		break;
	case MYSQL_TYPE_TIMESTAMP:
	case MYSQL_TYPE_DATETIME:
		b->buffer_type = MYSQL_TYPE_DATETIME;
		b->buffer = &cell->time;
		b->buffer_length = sizeof(cell->time);
		break;
	default:
		cell->room = CELL_BYTES;
		cell->bytes = xmalloc(cell->room);
		b->buffer_type = MYSQL_TYPE_BLOB;
		b->buffer = cell->bytes;
		b->buffer_length = CELL_BYTES - 1;
		break;
	}
}

static void bind_result(struct db_stmt *q)
{
	MYSQL_RES *meta = mysql_stmt_result_metadata(q->stmt);
	const MYSQL_FIELD *field;

	if (!meta)
		return; /* not a SELECT */
	q->columns = mysql_num_fields(meta);
	field = mysql_fetch_fields(meta);
	q->bind = xcalloc(q->columns, sizeof(*q->bind));
	q->cell = xcalloc(q->columns, sizeof(*q->cell));
	for (unsigned i = 0; i < q->columns; i++)
		bind_column(&q->bind[i], &q->cell[i], &field[i]);
	mysql_free_result(meta);
	q->rebind = true;
}

static enum err check_tx(struct db *db)
{
	if (!db->in_tx || db->my->server_status & SERVER_STATUS_IN_TRANS)
		return ERR_OK;
	return db_fail(db, DB_CHANGED, "the transaction was rolled back");
}

/*
 * Galera rolls a transaction back when another node's transaction wins, and the
 * next answer says so. When that happens while a statement is prepared, MariaDB
 * 10.11 does not report it, and the following statements would run without a
 * transaction, and without the changes made before. The answer to any other
 * statement shows it in its status.
 */
static enum err check_prepared(struct db *db)
{
	if (db->in_tx && mysql_query(db->my, "DO 0"))
		return db_fail(db, mysql_errno(db->my), mysql_error(db->my));
	return check_tx(db);
}

static enum err prepare(struct db *db, const char *sql, size_t repeats,
			struct db_stmt **out)
{
	struct db_stmt **slot = cache_slot(db, sql, repeats), *q;
	struct buf text;
	enum err e = ERR_OK;

	for (q = *slot; q; q = q->next) {
		if (q->sql == sql && q->repeats == repeats) {
			*out = q;
			return ERR_OK;
		}
	}
	q = xcalloc(1, sizeof(*q));
	q->sql = sql;
	q->repeats = repeats;
	q->stmt = mysql_stmt_init(db->my);
	db_sql_expand(&text, sql, repeats);
	if (!q->stmt)
		e = db_fail(db, mysql_errno(db->my), mysql_error(db->my));
	else if (mysql_stmt_prepare(q->stmt, text.data, text.len))
		e = fail_stmt(db, q->stmt);
	else
		e = check_prepared(db);
	buf_release(&text);
	if (e) {
		db_stmt_free(q);
		return e;
	}
	bind_result(q);
	q->next = *slot;
	*slot = q;
	*out = q;
	return ERR_OK;
}

/* A time is sent as text: the server's own parser fits every version. */
static void bind_time(MYSQL_BIND *b, char text[TEXT_TIME_SIZE], int64_t ms)
{
	text_time(text, ms);
	text[10] = ' ';
	text[23] = '\0';
	b->buffer_type = MYSQL_TYPE_STRING;
	b->buffer = text;
	b->buffer_length = 23;
}

static void bind_value(MYSQL_BIND *b, const struct db_value *v,
		       char text[TEXT_TIME_SIZE])
{
	switch (v->type) {
	case DB_NULL:
		b->buffer_type = MYSQL_TYPE_NULL;
		break;
	case DB_INT:
	case DB_UINT:
		b->buffer_type = MYSQL_TYPE_LONGLONG;
		b->buffer = (void *)(uintptr_t)&v->i;
		b->is_unsigned = v->type == DB_UINT;
		break;
	case DB_DOUBLE:
		b->buffer_type = MYSQL_TYPE_DOUBLE;
		b->buffer = (void *)(uintptr_t)&v->d;
		break;
	case DB_BYTES:
		b->buffer_type = MYSQL_TYPE_STRING;
		b->buffer = (void *)(uintptr_t)v->p;
		b->buffer_length = v->n;
		break;
	case DB_TIME:
		bind_time(b, text, v->i);
		break;
	}
}

static enum err buffer_result(struct db *db, struct db_stmt *q)
{
	if (!q->columns)
		return ERR_OK;
	if (q->rebind && mysql_stmt_bind_result(q->stmt, q->bind))
		return fail_stmt(db, q->stmt);
	q->rebind = false;
	return mysql_stmt_store_result(q->stmt) ? fail_stmt(db, q->stmt)
						: ERR_OK;
}

/* The padding of a list repeats its last value, or its last row. */
static const struct db_value *argument_at(const struct db_call *c, size_t i)
{
	size_t columns = c->columns ? c->columns : 1;

	if (i < c->count)
		return &c->args[i];
	i -= c->count;
	if (i >= c->length)
		i = c->length - columns + i % columns;
	return &c->list[i];
}

static enum err run_bound(struct db *db, const struct db_call *c,
			  struct db_stmt *q)
{
	MYSQL_BIND *bind = xcalloc(c->total, sizeof(*bind));
	char(*times)[TEXT_TIME_SIZE] = xmalloc(c->total * sizeof(*times));
	enum err e = ERR_OK;

	mysql_stmt_free_result(q->stmt);
	for (size_t i = 0; i < c->total; i++)
		bind_value(&bind[i], argument_at(c, i), times[i]);
	if (mysql_stmt_bind_param(q->stmt, bind) || mysql_stmt_execute(q->stmt))
		e = fail_stmt(db, q->stmt);
	else
		e = buffer_result(db, q);
	free(times);
	free(bind);
	if (e)
		return e;
	db->affected = mysql_stmt_affected_rows(q->stmt);
	db->insert_id = mysql_stmt_insert_id(q->stmt);
	return ERR_OK;
}

/*
 * A statement that failed may have unread rows of its answer; when it is
 * executed again, libmariadb waits for them until the read times out, while
 * the transaction holds its locks. So the statement is prepared again.
 */
static void forget(struct db *db, struct db_stmt *gone)
{
	struct db_stmt **at = cache_slot(db, gone->sql, gone->repeats);

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	db_stmt_free(gone);
}

enum err db_stmt_run(struct db *db, const struct db_call *c,
		     struct db_stmt **out)
{
	struct db_stmt *q;
	enum err e;

	db->trouble = TROUBLE_NONE;
	db->used_at = clock_monotonic();
	e = prepare(db, c->sql, c->repeats, &q);
	if (e)
		return e;
	e = run_bound(db, c, q);
	if (!e)
		e = check_tx(db);
	if (e)
		forget(db, q);
	else
		*out = q;
	return e;
}

/* ---- values for many rows ---- */

static size_t value_bytes(const struct db_value *values, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += values[i].type == DB_BYTES ? values[i].n : 8;
	return bytes;
}

size_t db_stmt_rows(const struct db_value *values, size_t rows, size_t columns)
{
	size_t n = db_sql_rows_size(rows);

	while (n > 1 && value_bytes(values, n * columns) > STATEMENT_BYTES)
		n /= 2;
	return n;
}

/* ---- rows ---- */

/* A column longer than its buffer: makes a larger one and reads it again. */
static void widen(struct db_stmt *q, unsigned col)
{
	struct db_cell *cell = &q->cell[col];
	MYSQL_BIND *b = &q->bind[col];

	if (!cell->bytes || cell->length < cell->room)
		return;
	while (cell->room <= cell->length)
		cell->room *= 2;
	cell->bytes = xrealloc(cell->bytes, cell->room);
	b->buffer = cell->bytes;
	b->buffer_length = cell->room - 1;
	mysql_stmt_fetch_column(q->stmt, b, col, 0);
	q->rebind = true;
}

size_t db_rows(const struct db_stmt *q)
{
	return (size_t)mysql_stmt_num_rows(q->stmt);
}

bool db_next(struct db_stmt *q)
{
	int got;

	if (q->rebind)
		mysql_stmt_bind_result(q->stmt, q->bind);
	q->rebind = false;
	got = mysql_stmt_fetch(q->stmt);
	if (got != 0 && got != MYSQL_DATA_TRUNCATED) {
		mysql_stmt_free_result(q->stmt);
		return false;
	}
	for (unsigned i = 0; i < q->columns; i++) {
		struct db_cell *cell = &q->cell[i];

		if (cell->null)
			cell->length = 0;
		else
			widen(q, i);
		if (cell->bytes)
			cell->bytes[cell->length] = '\0';
	}
	return true;
}

bool db_col_null(const struct db_stmt *q, unsigned col)
{
	return q->cell[col].null;
}

int64_t db_col_int(const struct db_stmt *q, unsigned col)
{
	return q->cell[col].null ? 0 : q->cell[col].i;
}

uint64_t db_col_uint(const struct db_stmt *q, unsigned col)
{
	return (uint64_t)db_col_int(q, col);
}

double db_col_double(const struct db_stmt *q, unsigned col)
{
	return q->cell[col].null ? 0 : q->cell[col].d;
}

int64_t db_col_time(const struct db_stmt *q, unsigned col)
{
	const MYSQL_TIME *t = &q->cell[col].time;

	if (q->cell[col].null)
		return TIME_NONE;
	return text_civil_ms((int)t->year, t->month, t->day, t->hour, t->minute,
			     t->second, (unsigned)(t->second_part / 1000));
}

const char *db_col_bytes(const struct db_stmt *q, unsigned col, size_t *n)
{
	*n = q->cell[col].length;
	return q->cell[col].bytes;
}

const char *db_col_text(const struct db_stmt *q, unsigned col)
{
	return q->cell[col].bytes;
}
