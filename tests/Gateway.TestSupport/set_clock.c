/*
 * A clock that somebody sets. Preloaded into a process (LD_PRELOAD) it adds to CLOCK_REALTIME what the file says that GATEWAY_CLOCK names:
 * 8 bytes of nanoseconds, 8 more that are not 0 once the clock is synchronised, which the process then sees as systemd-timesyncd
 * tells it: by the name /run/systemd/timesync/synchronized, and 8 that say how often the machine was started anew: from 1 on it has another
 * /proc/sys/kernel/random/boot_id. The file may be written at any time, in its place. Clocks that nobody sets are as they are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
#define SYNCHRONIZED "/run/systemd/timesync/synchronized"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

struct setting { _Atomic int64_t offset, synchronised, starts; };

static struct setting none;
static struct setting *setting = &none;
static int (*real_clock_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void)
{
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    const char *path = getenv("GATEWAY_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        void *map = mmap(NULL, sizeof *setting, PROT_READ, MAP_SHARED, fd, 0);
        if (map != MAP_FAILED)
            setting = map;
        close(fd);
    }
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    if (!real_clock_gettime)
        begin();
    int result = real_clock_gettime(clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t at = time->tv_sec * SECOND + time->tv_nsec + setting->offset;
        time->tv_sec = at / SECOND;
        time->tv_nsec = at % SECOND;
    }
    return result;
}

int gettimeofday(struct timeval *restrict value, void *restrict zone)
{
    struct timespec time;
    int result = clock_gettime(CLOCK_REALTIME, &time);
    (void)zone;
    value->tv_sec = time.tv_sec;
    value->tv_usec = time.tv_nsec / 1000;
    return result;
}

time_t time(time_t *value)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    if (value)
        *value = time.tv_sec;
    return time.tv_sec;
}

/* What is asked of the name is answered for a file that every machine has. */
static const char *answer(const char *path, int *is_missing)
{
    *is_missing = 0;
    if (strcmp(path, SYNCHRONIZED) != 0)
        return path;
    *is_missing = !setting->synchronised;
    return "/etc/passwd";
}

#define STAT(name, arguments, parameters)                                   \
    int name parameters                                                     \
    {                                                                       \
        int is_missing;                                                     \
        int (*real) parameters = dlsym(RTLD_NEXT, #name);                   \
        path = answer(path, &is_missing);                                   \
        if (is_missing || !real) {                                          \
            errno = ENOENT;                                                 \
            return -1;                                                      \
        }                                                                   \
        return real arguments;                                              \
    }

struct stat64;
STAT(__xstat64, (version, path, value), (int version, const char *path, struct stat64 *value))
STAT(stat64, (path, value), (const char *path, struct stat64 *value))

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    if (setting->starts == 0 || strcmp(path, BOOT_ID) != 0) {
        int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64");
        return real_open(path, flags, mode);
    }
    int fd = memfd_create("boot_id", MFD_CLOEXEC);
    if (fd >= 0 && dprintf(fd, "00000000-0000-4000-8000-%012llx\n", (unsigned long long)setting->starts) > 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}
