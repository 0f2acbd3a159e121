/*
 * Drives a simulated GPIO line and says what came of it; compiled on the host, run in the guest, where a script would be
 * slower than what it measures.
 *
 * lines pulses FILE COUNT HERTZ          COUNT pulses; prints how many microseconds they took, and the longest time
 *                                        between two changes
 * lines edges FILE COUNT PORT TOPIC      COUNT changes, each awaited as a message of TOPIC at the broker on loopback;
 *                                        prints median, 99th percentile and longest time between both, microseconds
 *
 * FILE is the simulator's "pull" of the line.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void pull(int line, int up)
{
	const char *level = up ? "pull-up" : "pull-down";

	if (pwrite(line, level, strlen(level), 0) < 0)
		die("pull");
}

static void wait_until(double then)
{
	struct timespec t = { .tv_sec = then / 1e6 };

	t.tv_nsec = (then - t.tv_sec * 1e6) * 1e3;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static int pulses(int line, int count, double hertz)
{
	double start = now(), last = start, longest = 0;

	for (int i = 0; i < 2 * count; i++) {
		/* No two changes come closer together, however late the last one was. */
		wait_until(last + 5e5 / hertz);
		pull(line, i % 2 == 0);
		longest = now() - last > longest ? now() - last : longest;
		last = now();
	}
	printf("%.0f %.0f\n", now() - start, longest);
	return 0;
}

static void receive(int peer, unsigned char *to, size_t count)
{
	while (count) {
		ssize_t n = read(peer, to, count);

		if (n <= 0)
			die("the broker");
		to += n;
		count -= n;
	}
}

/* MQTT 3.1.1: one packet of less than 16384 bytes; returns its type. */
static int packet(int peer)
{
	unsigned char head[3], body[16384];
	size_t length;

	receive(peer, head, 2);
	length = head[1] & 0x7f;
	if (head[1] & 0x80) {
		receive(peer, head + 2, 1);
		length |= (size_t)head[2] << 7;
	}
	receive(peer, body, length);
	return head[0] >> 4;
}

static int subscribe(int port, const char *topic)
{
	const unsigned char connect_packet[] = { 0x10, 17, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 5, 'l', 'i', 'n', 'e', 's' };
	unsigned char subscribe_packet[128] = { 0x82, 5 + strlen(topic), 0, 1, 0, strlen(topic) };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int peer = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (strlen(topic) > 100 || connect(peer, (struct sockaddr *)&address, sizeof(address)))
		die("connect");
	setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	memcpy(subscribe_packet + 6, topic, strlen(topic));
	if (write(peer, connect_packet, sizeof(connect_packet)) < 0 || packet(peer) != 2 ||
	    write(peer, subscribe_packet, 7 + strlen(topic)) < 0 || packet(peer) != 9)
		die("subscribe");
	return peer;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int edges(int line, int count, int port, const char *topic)
{
	double *times = calloc(count, sizeof(*times));
	int peer = subscribe(port, topic);
	struct timeval limit = { .tv_sec = 20 };

	setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	packet(peer);			/* the retained value */
	for (int i = 0; i < count; i++) {
		double start;

		wait_until(now() + 50e3);
		start = now();
		pull(line, i % 2 == 0);
		packet(peer);
		times[i] = now() - start;
	}
	qsort(times, count, sizeof(*times), ascending);
	printf("%.0f %.0f %.0f\n", times[count / 2], times[count * 99 / 100], times[count - 1]);
	return 0;
}

int main(int argc, char **argv)
{
	int line = argc > 3 ? open(argv[2], O_WRONLY) : -1;

	if (line < 0)
		die("lines pulses|edges FILE COUNT …");
	if (argc == 5 && !strcmp(argv[1], "pulses"))
		return pulses(line, atoi(argv[3]), atof(argv[4]));
	if (argc == 6 && !strcmp(argv[1], "edges"))
		return edges(line, atoi(argv[3]), atoi(argv[4]), argv[5]);
	fprintf(stderr, "lines: unknown work\n");
	return 2;
}
