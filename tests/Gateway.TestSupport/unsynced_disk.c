/*
 * A disk that keeps what was synced. Preloaded into a process (LD_PRELOAD) it keeps a second folder beside the one that
 * GATEWAY_DISK names: GATEWAY_DISK_SYNCED has of every file what a power cut would leave. A write gets there with the next
 * fsync of its file, a new file with that too, and a file that is renamed or deleted with the next fsync of its folder or
 * with the next new file; with GATEWAY_DISK_NAMES=early names do not wait. A new folder is there at once. Both folders are the
 * same when the process starts.
 *
 * GATEWAY_DISK_FAULTS names a file of 32 bytes that may change at any time: how long a sync takes in addition, nanoseconds; the inode of a
 * file with a page that cannot be read, and where that page begins (8 bytes each); and the errno with which
 * writing and syncing fail (a byte, 0: they don't); and the errno with which syncing alone fails, whereupon what was to reach the disk
 * never does, and the process still reads it, as on Linux (a byte, 0: it doesn't).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MAX_FDS 65536
#define MAX_RANGES 4096
#define PATH_SIZE 1024

struct range { off_t from, to; };

/* A file that was opened for writing. */
struct file {
    dev_t dev;
    ino_t ino;               /* 0: it has no name any more */
    char path[PATH_SIZE];    /* below the folder, as the process sees it */
    char synced[PATH_SIZE];  /* below the folder of what was synced; empty: not there yet */
    off_t cut;               /* the shortest that it has been since the last sync */
    struct range ranges[MAX_RANGES];
    int count;
    struct file *next;
};

/* A renaming, or without a second name a deletion, that has not reached the disk. */
struct change {
    char from[PATH_SIZE], to[PATH_SIZE];
    struct file *file; /* what has the name; NULL: this process never wrote it */
    struct change *next;
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static const char *live, *synced;
static int names_are_early;
static volatile const struct { long delay, bad_inode, bad_page; char error, sync_error; } *faults;
static struct file *files, *by_fd[MAX_FDS];
static struct change *changes;

static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_mkdir)(const char *, mode_t);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_fsync)(int);

__attribute__((constructor)) static void start(void) {
    real_open = dlsym(RTLD_NEXT, "open");
    real_close = dlsym(RTLD_NEXT, "close");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
    real_mkdir = dlsym(RTLD_NEXT, "mkdir");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_pread = dlsym(RTLD_NEXT, "pread");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_writev = dlsym(RTLD_NEXT, "writev");
    real_pwritev = dlsym(RTLD_NEXT, "pwritev");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    const char *names = getenv("GATEWAY_DISK_NAMES");
    names_are_early = names && strcmp(names, "early") == 0;
    synced = getenv("GATEWAY_DISK_SYNCED");
    live = synced ? getenv("GATEWAY_DISK") : NULL;
    const char *setting = getenv("GATEWAY_DISK_FAULTS");
    int fd = setting ? real_open(setting, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        void *mapped = mmap(NULL, 32, PROT_READ, MAP_SHARED, fd, 0);
        faults = mapped == MAP_FAILED ? NULL : mapped;
        real_close(fd);
    }
}

/* Whether the disk fails under a file. */
static int fails(int fd) {
    if (!faults || !faults->error || fd < 0 || fd >= MAX_FDS || !by_fd[fd])
        return 0;
    errno = faults->error;
    return 1;
}

/* How much the disk gives of what is asked for: as the kernel, all that comes before a page that cannot be read; -1: that is nothing. */
static ssize_t given(int fd, size_t size, off_t at) {
    struct stat now;
    if (!faults || faults->bad_inode == 0 || at >= faults->bad_page + 4096 || at + (off_t)size <= faults->bad_page
        || fstat(fd, &now) != 0 || (long)now.st_ino != faults->bad_inode)
        return size;
    if (at < faults->bad_page)
        return faults->bad_page - at;
    errno = EIO;
    return -1;
}

static ssize_t read_at(int fd, void *data, size_t size, off_t at) {
    ssize_t most = given(fd, size, at);
    return most < 0 ? -1 : real_pread(fd, data, most, at);
}

/* The path below the folder; NULL: it is elsewhere, or shared memory, which no disk has. */
static const char *below(const char *path) {
    size_t length = live ? strlen(live) : 0;
    size_t whole = strlen(path);
    return length > 0 && strncmp(path, live, length) == 0 && path[length] == '/' && (whole < 4 || strcmp(path + whole - 4, "-shm") != 0)
        ? path + length + 1 : NULL;
}

static void on_disk(char *full, const char *path) { snprintf(full, 2 * PATH_SIZE, "%s/%s", synced, path); }

static struct file *find(const char *path) {
    struct file *file = files;
    while (file && (file->ino == 0 || strcmp(file->path, path) != 0))
        file = file->next;
    return file;
}

static void make_changes(void) {
    char from[2 * PATH_SIZE], to[2 * PATH_SIZE];
    while (changes) {
        struct change *change = changes;
        changes = change->next;
        on_disk(from, change->file ? change->file->synced : change->from);
        if (change->to[0]) {
            on_disk(to, change->to);
            real_rename(from, to);
            if (change->file)
                strcpy(change->file->synced, change->to);
        } else {
            real_unlink(from);
        }
        free(change);
    }
}

static void add_change(const char *from, const char *to, struct file *file) {
    struct change *change = calloc(1, sizeof *change), **last = &changes;
    snprintf(change->from, PATH_SIZE, "%s", from);
    snprintf(change->to, PATH_SIZE, "%s", to ? to : "");
    change->file = file;
    while (*last)
        last = &(*last)->next;
    *last = change;
    if (names_are_early)
        make_changes();
}

/* The folders that a file is in: one that was renamed with files in it has its former name on the disk. */
static void make_folders(char *full) {
    for (char *slash = strchr(full + strlen(synced) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        real_mkdir(full, 0777);
        *slash = '/';
    }
}

/* The file reaches the disk as it is now. */
static void sync_file(struct file *file, int fd) {
    char full[2 * PATH_SIZE], buffer[65536];
    struct stat now;
    if (file->ino == 0 || fstat(fd, &now) != 0)
        return;
    int is_new = file->synced[0] == 0;
    if (is_new) {
        make_changes();
        strcpy(file->synced, file->path);
    }
    on_disk(full, file->synced);
    if (is_new)
        real_unlink(full);
    int disk = real_open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (disk < 0 && errno == ENOENT) {
        make_folders(full);
        disk = real_open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    }
    if (disk < 0)
        abort();
    struct range whole = { 0, now.st_size }, *ranges = is_new || file->count == MAX_RANGES ? &whole : file->ranges;
    int count = ranges == &whole ? 1 : file->count;
    real_ftruncate(disk, file->cut);
    /* Where it is open for writing only it is opened again; closing that drops record locks, which such a file has none of. */
    char source[64];
    snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
    int reading = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR ? fd : real_open(source, O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < count; i++)
        for (off_t at = ranges[i].from; at < ranges[i].to && at < now.st_size;) {
            off_t left = ranges[i].to - at;
            ssize_t got = real_pread(reading, buffer, left < (off_t)sizeof buffer ? left : (off_t)sizeof buffer, at);
            if (got <= 0)
                break;
            if (real_pwrite(disk, buffer, got, at) != got)
                abort();
            at += got;
        }
    real_ftruncate(disk, now.st_size);
    if (reading != fd)
        real_close(reading);
    real_close(disk);
    file->count = 0;
    file->cut = now.st_size;
}

static void note_open(int fd, int flags, int was_there) {
    char target[PATH_SIZE], link[64];
    struct stat now;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length <= 0 || fd >= MAX_FDS || fstat(fd, &now) != 0 || !S_ISREG(now.st_mode))
        return;
    target[length] = 0;
    const char *name = below(target);
    if (!name)
        return;
    pthread_mutex_lock(&gate);
    struct file *file = files;
    while (file && (file->ino != now.st_ino || file->dev != now.st_dev))
        file = file->next;
    if (!file) {
        file = calloc(1, sizeof *file);
        file->dev = now.st_dev;
        file->ino = now.st_ino;
        snprintf(file->path, PATH_SIZE, "%s", name);
        if (was_there)
            strcpy(file->synced, file->path);
        file->cut = now.st_size;
        file->next = files;
        files = file;
        if (!was_there && names_are_early)
            sync_file(file, fd);
    }
    if (flags & O_TRUNC)
        file->cut = 0;
    by_fd[fd] = file;
    pthread_mutex_unlock(&gate);
}

static int open_file(const char *path, int flags, mode_t mode) {
    int was_there = access(path, F_OK) == 0;
    int fd = real_open(path, flags, mode);
    int error = errno;
    if (fd >= 0 && live && (flags & O_ACCMODE) != O_RDONLY)
        note_open(fd, flags, was_there);
    errno = error;
    return fd;
}

#define OPEN(name)                                            \
    int name(const char *path, int flags, ...) {              \
        va_list more;                                         \
        va_start(more, flags);                                \
        mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0; \
        va_end(more);                                         \
        return open_file(path, flags, mode);                  \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    if (fd >= 0 && fd < MAX_FDS && by_fd[fd]) {
        pthread_mutex_lock(&gate);
        by_fd[fd] = NULL;
        pthread_mutex_unlock(&gate);
    }
    return real_close(fd);
}

static ssize_t note_write(int fd, ssize_t written, off_t at) {
    if (written > 0 && fd >= 0 && fd < MAX_FDS && by_fd[fd]) {
        pthread_mutex_lock(&gate);
        struct file *file = by_fd[fd];
        if (at < 0)
            at = lseek(fd, 0, SEEK_CUR) - written;
        if (file && file->count > 0 && file->count < MAX_RANGES && file->ranges[file->count - 1].to == at)
            file->ranges[file->count - 1].to += written;
        else if (file && file->count < MAX_RANGES)
            file->ranges[file->count++] = (struct range) { at, at + written };
        pthread_mutex_unlock(&gate);
    }
    return written;
}

ssize_t pread(int fd, void *data, size_t size, off_t at) { return read_at(fd, data, size, at); }
ssize_t pread64(int fd, void *data, size_t size, off_t at) { return read_at(fd, data, size, at); }
ssize_t write(int fd, const void *data, size_t size) { return fails(fd) ? -1 : note_write(fd, real_write(fd, data, size), -1); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return fails(fd) ? -1 : note_write(fd, real_writev(fd, parts, count), -1); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return fails(fd) ? -1 : note_write(fd, real_pwrite(fd, data, size, at), at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off_t at) { return fails(fd) ? -1 : note_write(fd, real_pwrite(fd, data, size, at), at); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return fails(fd) ? -1 : note_write(fd, real_pwritev(fd, parts, count, at), at); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at) { return fails(fd) ? -1 : note_write(fd, real_pwritev(fd, parts, count, at), at); }

int ftruncate(int fd, off_t size) {
    int result = real_ftruncate(fd, size);
    if (result == 0 && fd >= 0 && fd < MAX_FDS && by_fd[fd]) {
        pthread_mutex_lock(&gate);
        if (by_fd[fd] && size < by_fd[fd]->cut)
            by_fd[fd]->cut = size;
        pthread_mutex_unlock(&gate);
    }
    return result;
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

int fsync(int fd) {
    struct stat now;
    if (!live || fstat(fd, &now) != 0)
        return real_fsync(fd);
    if (fails(fd))
        return -1;
    if (faults && faults->sync_error && fd < MAX_FDS && by_fd[fd]) {
        pthread_mutex_lock(&gate);
        by_fd[fd]->count = 0;
        pthread_mutex_unlock(&gate);
        errno = faults->sync_error;
        return -1;
    }
    if (faults && faults->delay > 0 && fd < MAX_FDS && by_fd[fd]) {
        struct timespec delay = { faults->delay / 1000000000, faults->delay % 1000000000 };
        nanosleep(&delay, NULL);
    }
    pthread_mutex_lock(&gate);
    if (S_ISDIR(now.st_mode))
        make_changes();
    else if (fd < MAX_FDS && by_fd[fd])
        sync_file(by_fd[fd], fd);
    pthread_mutex_unlock(&gate);
    return 0;
}
int fdatasync(int fd) { return fsync(fd); }

int rename(const char *from, const char *to) {
    int result = real_rename(from, to);
    const char *old = below(from), *new = below(to);
    if (result == 0 && old && new) {
        pthread_mutex_lock(&gate);
        struct file *moved = find(old), *replaced = find(new);
        if (replaced)
            replaced->ino = 0;
        if (moved)
            snprintf(moved->path, PATH_SIZE, "%s", new);
        if (!moved || moved->synced[0])
            add_change(old, new, moved);
        pthread_mutex_unlock(&gate);
    }
    return result;
}

int unlink(const char *path) {
    int result = real_unlink(path);
    const char *name = below(path);
    if (result == 0 && name) {
        pthread_mutex_lock(&gate);
        struct file *gone = find(name);
        if (gone)
            gone->ino = 0;
        if (!gone || gone->synced[0])
            add_change(name, NULL, gone);
        pthread_mutex_unlock(&gate);
    }
    return result;
}

int mkdir(const char *path, mode_t mode) {
    char full[2 * PATH_SIZE];
    int result = real_mkdir(path, mode);
    if (result == 0 && below(path)) {
        on_disk(full, below(path));
        real_mkdir(full, mode);
    }
    return result;
}
