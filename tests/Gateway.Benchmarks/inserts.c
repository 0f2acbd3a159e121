/* What SQLite alone takes, by how records lie in the file; beside the queue's own figures (QueueInserts.cs), which have .NET between:
 *
 *   cc -O2 -o inserts inserts.c -lsqlite3 && ./inserts FOLDER [RECORDS A BATCH] [SECONDS] [BYTES A PAGE]
 *
 * Bodies of 100 bytes in batches (default 1000), each committed with a sync, the log moved into the file when it has 4 MB, pages of 4096 bytes by default: a plain file to which the columns
 * are appended, a row each, a row each by a statement that takes twenty, a row each with two columns and no index, and a row for the whole batch. They take turns,
 * so many seconds each (default 0.5), seven times; printed is the median of each in records per second, and of its microseconds a record those before the
 * commit, in the commit, and in moving the log.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BODY = 100, FIXED = 41, ROUNDS = 7, LOG_BYTES = 4096000 };

struct layout {
    const char *name, *table, *insert, *row;
    int rows, columns;
};

static const char RECORD[] =
    "CREATE TABLE record (position INTEGER PRIMARY KEY, boot INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL, point INTEGER NOT NULL,"
    " body BLOB NOT NULL, urgent INTEGER NOT NULL DEFAULT 0, uptime INTEGER, unsynchronised INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX urgent_record ON record (urgent) WHERE urgent = 1";

static const struct layout LAYOUTS[] = {
    { "append", NULL, NULL, NULL, 0, 0 },
    { "row", RECORD, "INSERT INTO record (position, boot, sequence, time, point, urgent, uptime, unsynchronised, body) VALUES", "(?,?,?,?,?,?,?,?,?)", 1, 9 },
    { "20 rows", RECORD, "INSERT INTO record (position, boot, sequence, time, point, urgent, uptime, unsynchronised, body) VALUES", "(?,?,?,?,?,?,?,?,?)", 20, 9 },
    { "2 columns", "CREATE TABLE record (position INTEGER PRIMARY KEY, body BLOB NOT NULL)", "INSERT INTO record VALUES", "(?,?)", 1, 2 },
    { "block", "CREATE TABLE record (first INTEGER PRIMARY KEY, body BLOB NOT NULL)", "INSERT INTO record VALUES", "(?,?)", 0, 2 },
};

enum { KINDS = sizeof LAYOUTS / sizeof *LAYOUTS };

static struct state {
    sqlite3 *database;
    sqlite3_stmt *insert, *begin, *commit;
    int file, log_bytes;
    long at;
} states[KINDS];

static struct figure {
    double rate, before, commit, moving;
} figures[KINDS][ROUNDS];

static unsigned char *bytes;
static int page_bytes = 4096;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void check(sqlite3 *database, int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(database));
        exit(1);
    }
}

static void run(sqlite3 *database, sqlite3_stmt *statement)
{
    check(database, sqlite3_step(statement));
    sqlite3_reset(statement);
}

static void open_state(struct state *state, const struct layout *layout, const char *path)
{
    if (!layout->table) {
        state->file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
        if (state->file < 0)
            perror(path), exit(1);
        return;
    }

    char sql[1000];
    strcpy(sql, layout->insert);
    for (int row = 0; row < (layout->rows ? layout->rows : 1); row++)
        strcat(strcat(sql, row ? "," : " "), layout->row);
    check(NULL, sqlite3_open(path, &state->database));
    char page[50];
    snprintf(page, sizeof page, "PRAGMA page_size = %d", page_bytes);
    check(state->database, sqlite3_exec(state->database, page, 0, 0, 0));
    check(state->database, sqlite3_exec(state->database, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0", 0, 0, 0));
    check(state->database, sqlite3_exec(state->database, layout->table, 0, 0, 0));
    check(state->database, sqlite3_prepare_v2(state->database, sql, -1, &state->insert, 0));
    check(state->database, sqlite3_prepare_v2(state->database, "BEGIN IMMEDIATE", -1, &state->begin, 0));
    check(state->database, sqlite3_prepare_v2(state->database, "COMMIT", -1, &state->commit, 0));
}

static void insert(struct state *state, const struct layout *layout, int batch)
{
    sqlite3_stmt *statement = state->insert;
    if (layout->rows == 0) {
        sqlite3_bind_int64(statement, 1, state->at);
        sqlite3_bind_blob(statement, 2, bytes, batch * (FIXED + BODY), SQLITE_STATIC);
        state->at += batch;
        run(state->database, statement);
        return;
    }

    for (int i = 0; i < batch; i += layout->rows) {
        for (int row = 0; row < layout->rows; row++) {
            int column = row * layout->columns;
            long values[] = { state->at, 17, state->at, 1700000000000000 + state->at, state->at % 20, 0, state->at * 1000, 0 };
            for (int value = 0; value < layout->columns - 1; value++)
                sqlite3_bind_int64(statement, ++column, values[value]);
            sqlite3_bind_blob(statement, ++column, bytes, BODY, SQLITE_STATIC);
            state->at++;
        }
        run(state->database, statement);
    }
}

static void measure(struct state *state, const struct layout *layout, int batch, double seconds, struct figure *figure)
{
    double before = 0, commit = 0, moving = 0, elapsed = 0;
    long records = 0;
    for (; elapsed < seconds; records += batch) {
        double began = now(), inserted = began, committed, moved;
        if (!layout->table) {
            long length = (long)batch * (FIXED + BODY);
            if (pwrite(state->file, bytes, length, state->at) != length || fdatasync(state->file) != 0)
                perror("append"), exit(1);
            state->at += length;
            committed = moved = now();
        } else {
            run(state->database, state->begin);
            insert(state, layout, batch);
            inserted = now();
            run(state->database, state->commit);
            committed = moved = now();
            int pages, highest;
            sqlite3_db_status(state->database, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &highest, 1);
            if ((state->log_bytes += pages * page_bytes) >= LOG_BYTES) {
                check(state->database, sqlite3_wal_checkpoint_v2(state->database, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
                state->log_bytes = 0;
                moved = now();
            }
        }
        before += inserted - began, commit += committed - inserted, moving += moved - committed, elapsed += moved - began;
    }
    *figure = (struct figure){ records / elapsed, 1e6 * before / records, 1e6 * commit / records, 1e6 * moving / records };
}

static int compare(const void *one, const void *other)
{
    double a = ((const struct figure *)one)->rate, b = ((const struct figure *)other)->rate;
    return (a > b) - (a < b);
}

int main(int count, char **arguments)
{
    int batch = count > 2 ? atoi(arguments[2]) : 1000;
    double seconds = count > 3 ? atof(arguments[3]) : 0.5;
    page_bytes = count > 4 ? atoi(arguments[4]) : page_bytes;
    char folder[500], path[600];
    if (count < 2 || batch < 20 || batch % 20 || seconds <= 0) {
        fprintf(stderr, "usage: inserts FOLDER [RECORDS A BATCH, a multiple of 20] [SECONDS] [BYTES A PAGE]\n");
        return 2;
    }
    snprintf(folder, sizeof folder, "%s/gateway-inserts-XXXXXX", arguments[1]);
    if (!mkdtemp(folder))
        perror(folder), exit(1);
    bytes = calloc(batch, FIXED + BODY);
    for (int kind = 0; kind < KINDS; kind++) {
        snprintf(path, sizeof path, "%s/%d.db", folder, kind);
        open_state(&states[kind], &LAYOUTS[kind], path);
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int kind = 0; kind < KINDS; kind++)
            measure(&states[kind], &LAYOUTS[kind], batch, seconds, &figures[kind][round]);

    double append = 0;
    printf("| %d a batch | records/s | of append | before the commit, us | commit, us | moving the log, us |\n|---|---|---|---|---|---|\n", batch);
    for (int kind = 0; kind < KINDS; kind++) {
        qsort(figures[kind], ROUNDS, sizeof *figures[kind], compare);
        struct figure median = figures[kind][ROUNDS / 2];
        append = kind == 0 ? median.rate : append;
        printf("| %s | %.0f | %.2f | %.2f | %.2f | %.2f |\n", LAYOUTS[kind].name, median.rate, median.rate / append, median.before, median.commit, median.moving);
        static const char *const ENDS[] = { "", "-wal", "-shm" };
        for (int end = 0; end < 3; end++) {
            snprintf(path, sizeof path, "%s/%d.db%s", folder, kind, ENDS[end]);
            unlink(path);
        }
    }
    rmdir(folder);
}
