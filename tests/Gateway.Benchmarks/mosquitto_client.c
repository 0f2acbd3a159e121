/* Publishes messages of 64 bytes at QoS 1 with libmosquitto and keeps WINDOW of them unacknowledged; prints messages per second and CPU
 * time per message in microseconds.
 *
 *   cc -O2 -o mosquitto_client mosquitto_client.c -lmosquitto -lpthread     (Debian: libmosquitto-dev)
 *   mosquitto_client PORT COUNT WINDOW loop|thread
 *
 * loop: one thread publishes and turns mosquitto_loop. thread: the library's own thread (mosquitto_loop_start) turns it.
 */
#include <mosquitto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int connected;
static long acknowledged;

static void check(int error)
{
    if (error != MOSQ_ERR_SUCCESS) {
        fprintf(stderr, "libmosquitto: %s\n", mosquitto_strerror(error));
        exit(1);
    }
}

static void on_connect(struct mosquitto *client, void *context, int code)
{
    (void)client;
    (void)context;
    check(code);
    pthread_mutex_lock(&gate);
    connected = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&gate);
}

static void on_publish(struct mosquitto *client, void *context, int identifier)
{
    (void)client;
    (void)context;
    (void)identifier;
    pthread_mutex_lock(&gate);
    acknowledged++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&gate);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static double cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void publish(struct mosquitto *client)
{
    static const char payload[64];
    check(mosquitto_publish(client, NULL, "benchmark/client", sizeof payload, payload, 1, false));
}

static void run_loop(struct mosquitto *client, long count, long window)
{
    for (long sent = 0; acknowledged < count;) {
        for (; sent < count && sent - acknowledged < window; sent++) {
            publish(client);
        }
        check(mosquitto_loop(client, 1000, 1));
    }
}

static void run_thread(struct mosquitto *client, long count, long window)
{
    for (long sent = 0; sent < count;) {
        pthread_mutex_lock(&gate);
        while (sent - acknowledged >= window) {
            pthread_cond_wait(&changed, &gate);
        }
        long room = acknowledged + window;
        pthread_mutex_unlock(&gate);
        for (; sent < count && sent < room; sent++) {
            publish(client);
        }
    }
    pthread_mutex_lock(&gate);
    while (acknowledged < count) {
        pthread_cond_wait(&changed, &gate);
    }
    pthread_mutex_unlock(&gate);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s PORT COUNT WINDOW loop|thread\n", argv[0]);
        return 2;
    }

    int port = atoi(argv[1]);
    long count = atol(argv[2]);
    long window = atol(argv[3]);
    int threaded = strcmp(argv[4], "thread") == 0;

    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new(NULL, true, NULL);
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_publish_callback_set(client, on_publish);
    check(mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1));
    check(mosquitto_max_inflight_messages_set(client, (unsigned)window));
    check(mosquitto_connect(client, "127.0.0.1", port, 60));
    if (threaded) {
        check(mosquitto_loop_start(client));
        pthread_mutex_lock(&gate);
        while (!connected) {
            pthread_cond_wait(&changed, &gate);
        }
        pthread_mutex_unlock(&gate);
    } else {
        while (!connected) {
            check(mosquitto_loop(client, 1000, 1));
        }
    }

    double start = now();
    double cpu_start = cpu();
    (threaded ? run_thread : run_loop)(client, count, window);
    printf("%.0f %.2f\n", count / (now() - start), (cpu() - cpu_start) * 1e6 / count);

    mosquitto_disconnect(client);
    if (threaded) {
        mosquitto_loop_stop(client, false);
    }
    mosquitto_destroy(client);
    mosquitto_lib_cleanup();
    return 0;
}
