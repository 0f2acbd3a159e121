/* A serial line with Modbus RTU devices on it, on a pseudo-terminal whose bytes take the time that they take on a wire:
 *
 *   paced_line LINK BAUD [--units 32] [--turnaround 10] [--warm-up 3] [--seconds 10] [--dead U] [--babbling U] [--slow U] [--client REGISTERS]
 *
 * LINK becomes a link to the port. Characters have 11 bits. The devices 1 to --units answer functions 3 and 4 with each register's address,
 * --turnaround milliseconds after the silence of 3.5 characters that ends the request; what they answer arrives eight characters at a time,
 * as from a UART with a FIFO. The device --dead never answers, --babbling answers with 60 characters of noise, and --slow after 200 ms.
 * With --client it asks all devices in turn itself, from a process of its own that does nothing else: what is lost then is the
 * pseudo-terminal's and the system's, and hardly any client can lose less.
 *
 * Prints "ready", and after the warm-up, which begins with the first request, and the seconds of the measurement one line of JSON: requests,
 * elapsed (seconds), characters (the share of time that they took), ideal (the share of time that the protocol needs: characters, silences
 * and devices), early (requests that came before 3.5 characters of silence were over), and by how much requests came later than that, in
 * milliseconds: beyond (the median), beyondMean, beyondP99 and beyondMax. Then it goes on until it is ended.
 *
 * It is awake shortly before each of its deadlines: give it a processor, or real-time priority.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { BITS_PER_CHARACTER = 11, FIFO = 8, NOISE = 60, REQUEST = 8, MOST_BEYOND = 1 << 20, MOST_ANSWER = 256 };

static const double SLOW = 0.2, TOLERANCE = 0.0001, LOOK_OUT = 0.0002;

static struct {
    int baud, units, dead, babbling, slow, client;
    double turnaround, warm_up, seconds;
} options = { .units = 32, .dead = -1, .babbling = -1, .slow = -1, .turnaround = 10, .warm_up = 3, .seconds = 10 };

static struct {
    int requests, early;
    double characters, ideal, began;
    double beyond[MOST_BEYOND];
} measured;

static int master;
static double character, silence, free_at;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void sleep_until(double moment)
{
    double until = moment - LOOK_OUT;
    if (until > now()) {
        struct timespec time = { .tv_sec = (time_t)until, .tv_nsec = (long)((until - (time_t)until) * 1e9) };
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
    }
    while (now() < moment)
        ;
}

static uint16_t crc(const uint8_t *data, int length)
{
    uint16_t value = 0xFFFF;
    for (int i = 0; i < length; i++) {
        value ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? value >> 1 ^ 0xA001 : value >> 1;
    }
    return value;
}

static void append_crc(uint8_t *frame, int length)
{
    uint16_t value = crc(frame, length);
    frame[length] = value & 0xFF;
    frame[length + 1] = value >> 8;
}

/* Reads some bytes; 0 if none came in time. Asleep: awake it would keep the kernel's thread that carries them from its processor. */
static int receive(int port, uint8_t *bytes, int length, int timeout_ms)
{
    struct pollfd wait = { .fd = port, .events = POLLIN };
    if (poll(&wait, 1, timeout_ms) <= 0)
        return 0;

    int count = read(port, bytes, length);
    if (count < 0)
        fail("read");
    return count;
}

/* False if none came. */
static bool take_request(uint8_t *request, double *began)
{
    for (int length = 0; length < REQUEST;) {
        int count = receive(master, request + length, REQUEST - length, 200);
        if (count == 0)
            return false;
        if (length == 0)
            *began = now();
        length += count;
    }
    return true;
}

static int answer(const uint8_t *request, uint8_t *bytes)
{
    int unit = request[0], function = request[1], address = request[2] << 8 | request[3], count = request[4] << 8 | request[5];
    if (crc(request, REQUEST) != 0)
        return 0;
    if (unit == options.babbling) {
        srand(unit);
        for (int i = 0; i < NOISE; i++)
            bytes[i] = rand();
        return NOISE;
    }
    if (unit < 1 || unit > options.units || unit == options.dead || (function != 3 && function != 4) || 2 * count + 5 > MOST_ANSWER)
        return 0;

    bytes[0] = unit;
    bytes[1] = function;
    bytes[2] = 2 * count;
    for (int i = 0; i < count; i++) {
        bytes[3 + 2 * i] = (address + i) >> 8;
        bytes[4 + 2 * i] = address + i;
    }
    append_crc(bytes, 3 + 2 * count);
    return 5 + 2 * count;
}

static void deliver(const uint8_t *bytes, int length, double starts)
{
    for (int i = 0; i < length; i += FIFO) {
        int portion = length - i < FIFO ? length - i : FIFO;
        sleep_until(starts + (i + portion) * character);
        if (write(master, bytes + i, portion) != portion)
            fail("write");
    }
}

static void serve_one(void)
{
    uint8_t request[REQUEST], bytes[MOST_ANSWER];
    double began;
    if (!take_request(request, &began))
        return;

    double beyond = began - free_at - silence;
    if (measured.requests < MOST_BEYOND)
        measured.beyond[measured.requests] = beyond;
    measured.early += beyond < -TOLERANCE;
    if (measured.began == 0)
        measured.began = began;

    double turnaround = request[0] == options.slow ? SLOW : options.turnaround / 1000;
    double ends = began + REQUEST * character;
    int length = answer(request, bytes);
    if (length > 0) {
        deliver(bytes, length, ends + silence + turnaround);
        ends += silence + turnaround + length * character;
    } else {
        sleep_until(ends);
    }
    free_at = ends;
    measured.requests++;
    measured.characters += (REQUEST + length) * character;
    measured.ideal += (REQUEST + length) * character + 2 * silence + turnaround;
}

static int compare(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static void report(void)
{
    double elapsed = measured.began > 0 ? free_at + silence - measured.began : 0, sum = 0;
    int count = measured.requests < MOST_BEYOND ? measured.requests : MOST_BEYOND;
    for (int i = 0; i < count; i++)
        sum += measured.beyond[i];
    qsort(measured.beyond, count, sizeof(double), compare);
    if (count == 0)
        count = 1;
    double share = elapsed > 0 ? 1 / elapsed : 0;
    printf("{\"requests\": %d, \"elapsed\": %.3f, \"characters\": %.4f, \"ideal\": %.4f, \"early\": %d, "
           "\"beyond\": %.3f, \"beyondMean\": %.3f, \"beyondP99\": %.3f, \"beyondMax\": %.3f}\n",
           measured.requests, elapsed, measured.characters * share, measured.ideal * share, measured.early,
           1000 * measured.beyond[count / 2], 1000 * sum / count, 1000 * measured.beyond[count * 99 / 100], 1000 * measured.beyond[count - 1]);
}

static void serve(double seconds)
{
    memset(&measured, 0, sizeof measured);
    for (double until = now() + seconds; now() < until;)
        serve_one();
}

/* As fast as the protocol allows: the silence is counted from when the last byte is there. */
static void ask(const char *port, int registers)
{
    int line = open(port, O_RDWR | O_NOCTTY);
    if (line < 0)
        fail(port);
    for (int unit = 1;; unit = unit % options.units + 1) {
        uint8_t request[REQUEST] = { unit, 3, 0, 0, 0, registers }, bytes[MOST_ANSWER];
        append_crc(request, REQUEST - 2);
        if (write(line, request, REQUEST) != REQUEST)
            fail("write");
        for (int length = 0; length < 5 + 2 * registers;)
            length += receive(line, bytes, MOST_ANSWER, -1);
        sleep_until(now() + silence);
    }
}

static void read_options(int count, char **arguments)
{
    static const struct option names[] = {
        { "units", 1, NULL, 'u' }, { "turnaround", 1, NULL, 't' }, { "warm-up", 1, NULL, 'w' }, { "seconds", 1, NULL, 's' }, { "dead", 1, NULL, 'd' },
        { "babbling", 1, NULL, 'b' }, { "slow", 1, NULL, 'l' }, { "client", 1, NULL, 'c' }, { 0 } };
    for (int name; (name = getopt_long(count, arguments, "", names, NULL)) != -1;) {
        switch (name) {
        case 'u': options.units = atoi(optarg); break;
        case 't': options.turnaround = atof(optarg); break;
        case 'w': options.warm_up = atof(optarg); break;
        case 's': options.seconds = atof(optarg); break;
        case 'd': options.dead = atoi(optarg); break;
        case 'b': options.babbling = atoi(optarg); break;
        case 'l': options.slow = atoi(optarg); break;
        case 'c': options.client = atoi(optarg); break;
        default: exit(2);
        }
    }
    if (count - optind != 2 || (options.baud = atoi(arguments[optind + 1])) <= 0) {
        fprintf(stderr, "usage: paced_line LINK BAUD [OPTION VALUE]...\n");
        exit(2);
    }
}

int main(int count, char **arguments)
{
    read_options(count, arguments);
    const char *link = arguments[optind];
    character = (double)BITS_PER_CHARACTER / options.baud;
    silence = options.baud <= 19200 ? 3.5 * character : 0.00175;
    prctl(PR_SET_TIMERSLACK, 1);
    setvbuf(stdout, NULL, _IOLBF, 0);

    /* Its own end stays open: a client that leaves does not end the line. */
    int slave;
    char name[64];
    struct termios raw;
    cfmakeraw(memset(&raw, 0, sizeof raw));
    raw.c_cflag |= CREAD | CLOCAL;
    if (openpty(&master, &slave, name, &raw, NULL) < 0)
        fail("openpty");
    unlink(link);
    if (symlink(name, link) < 0)
        fail(link);
    puts("ready");

    if (options.client > 0 && fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        ask(link, options.client);
    }

    measured.requests = 0;
    while (measured.requests == 0)
        serve_one();
    serve(options.warm_up);
    serve(options.seconds);
    report();
    while (true)
        serve_one();
}
