/*
 * The least that takes the edges of a GPIO line to a broker: version 2 of the kernel's interface, libmosquitto, and nothing in
 * between. What the gateway is measured against.
 *
 * edges CHIP LINE PORT TOPIC     says "ready" once it waits; ends with the broker
 */
#include <fcntl.h>
#include <linux/gpio.h>
#include <mosquitto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int take(const char *chip, int line)
{
	struct gpio_v2_line_request request = { .offsets = { line }, .num_lines = 1, .consumer = "edges" };
	int fd = open(chip, O_RDWR | O_CLOEXEC);

	request.config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
	if (fd < 0 || ioctl(fd, GPIO_V2_GET_LINE_IOCTL, &request))
		die(chip);
	return request.fd;
}

static void publish(struct mosquitto *client, const char *topic, const struct gpio_v2_line_event *event)
{
	char text[160];
	int length = snprintf(text, sizeof(text), "{\"value\":%s,\"time\":%llu,\"quality\":\"good\",\"id\":\"edges-%u\"}",
			      event->id == GPIO_V2_LINE_EVENT_RISING_EDGE ? "true" : "false", event->timestamp_ns, event->seqno);

	if (mosquitto_publish(client, NULL, topic, length, text, 0, false))
		die("publish");
}

int main(int argc, char **argv)
{
	struct gpio_v2_line_event event;
	struct mosquitto *client;
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };

	if (argc != 5) {
		fprintf(stderr, "edges CHIP LINE PORT TOPIC\n");
		return 2;
	}
	mosquitto_lib_init();
	client = mosquitto_new(NULL, true, NULL);
	mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
	if (mosquitto_connect(client, "127.0.0.1", atoi(argv[3]), 60))
		die("connect");
	fds[0].fd = take(argv[1], atoi(argv[2]));
	puts("ready");
	fflush(stdout);
	for (;;) {
		fds[1].fd = mosquitto_socket(client);
		if (poll(fds, 2, 1000) < 0)
			die("poll");
		if (fds[0].revents && read(fds[0].fd, &event, sizeof(event)) == sizeof(event))
			publish(client, argv[4], &event);
		if (fds[1].revents && mosquitto_loop_read(client, 1))
			return 1;
		if (mosquitto_loop_misc(client))
			return 1;
	}
}
