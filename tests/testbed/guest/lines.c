/*
 * Drives a simulated GPIO line and says what came of it; compiled on the host, run in the guest, where a script would be
 * slower than what it measures.
 *
 * lines pulses FILE COUNT HERTZ          COUNT pulses; prints how many microseconds they took, and the longest time
 *                                        between two changes
 * lines edges COUNT FILE PORT TOPIC …    COUNT changes of each line, by turns, each awaited as a message of TOPIC with that value
 *                                        at the broker on loopback; prints for each line median, 99th percentile and longest
 *                                        time between both, microseconds
 *
 * FILE is the simulator's "pull" of the line, which is down at the beginning.
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

#define MAX_LINES 8

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

/* MQTT 3.1.1: one packet of less than 16384 bytes, its body ended by a zero; returns its type. */
static int packet(int peer, char *body)
{
	unsigned char head[3];
	size_t length;

	receive(peer, head, 2);
	length = head[1] & 0x7f;
	if (head[1] & 0x80) {
		receive(peer, head + 2, 1);
		length |= (size_t)head[2] << 7;
	}
	receive(peer, (unsigned char *)body, length);
	body[length] = 0;
	return head[0] >> 4;
}

/* Whatever else comes, such as the retained value, is not it. */
static void await_value(int peer, const char *topic, const char *value)
{
	char body[16385];
	size_t length = strlen(topic);

	while (packet(peer, body) != 3 || memcmp(body + 2, topic, length) || !strstr(body + 2 + length, value))
		;
}

static int subscribe(int port, const char *topic)
{
	static int number;
	unsigned char connect_packet[] = { 0x10, 18, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 6, 'l', 'i', 'n', 'e', 's', '0' + number++ };
	unsigned char subscribe_packet[128] = { 0x82, 5 + strlen(topic), 0, 1, 0, strlen(topic) };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval limit = { .tv_sec = 20 };
	char body[16385];
	int peer = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (strlen(topic) > 100 || connect(peer, (struct sockaddr *)&address, sizeof(address)))
		die("connect");
	setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	memcpy(subscribe_packet + 6, topic, strlen(topic));
	if (write(peer, connect_packet, sizeof(connect_packet)) < 0 || packet(peer, body) != 2 ||
	    write(peer, subscribe_packet, 7 + strlen(topic)) < 0 || packet(peer, body) != 9)
		die("subscribe");
	return peer;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int edges(int count, int lines, char **arguments)
{
	double *times[MAX_LINES];
	int pulls[MAX_LINES], peers[MAX_LINES];

	for (int line = 0; line < lines; line++) {
		times[line] = calloc(count, sizeof(**times));
		pulls[line] = open(arguments[3 * line], O_WRONLY);
		if (pulls[line] < 0)
			die(arguments[3 * line]);
		peers[line] = subscribe(atoi(arguments[3 * line + 1]), arguments[3 * line + 2]);
	}
	for (int i = 0; i < count; i++) {
		for (int line = 0; line < lines; line++) {
			double start;

			wait_until(now() + 25e3);
			start = now();
			pull(pulls[line], i % 2 == 0);
			await_value(peers[line], arguments[3 * line + 2], i % 2 == 0 ? "\"value\":true" : "\"value\":false");
			times[line][i] = now() - start;
		}
	}
	for (int line = 0; line < lines; line++) {
		qsort(times[line], count, sizeof(**times), ascending);
		printf("%.0f %.0f %.0f\n", times[line][count / 2], times[line][count * 99 / 100], times[line][count - 1]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "pulses")) {
		int line = open(argv[2], O_WRONLY);

		if (line < 0)
			die(argv[2]);
		return pulses(line, atoi(argv[3]), atof(argv[4]));
	}
	if (argc > 5 && argc % 3 == 0 && argc / 3 - 1 <= MAX_LINES && !strcmp(argv[1], "edges"))
		return edges(atoi(argv[2]), argc / 3 - 1, argv + 3);
	fprintf(stderr, "lines pulses|edges …: see the head of lines.c\n");
	return 2;
}
