/* libmodbus as a Modbus TCP server and as a client:
 *
 *   libmodbus server PORT            serves 125 holding registers to one connection after the other, until it is ended
 *   libmodbus client PORT COUNT      reads them COUNT times; prints requests per second
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <modbus.h>

enum { REGISTERS = 125 };

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, modbus_strerror(errno));
    return 1;
}

static int serve(modbus_t *context)
{
    modbus_mapping_t *mapping = modbus_mapping_new(0, 0, REGISTERS, 0);
    for (int i = 0; i < REGISTERS; i++)
        mapping->tab_registers[i] = i;
    int listener = modbus_tcp_listen(context, 8);
    if (listener < 0)
        return fail("listen");
    for (;;) {
        unsigned char request[MODBUS_TCP_MAX_ADU_LENGTH];
        if (modbus_tcp_accept(context, &listener) < 0)
            return fail("accept");
        int length;
        while ((length = modbus_receive(context, request)) >= 0)
            if (length > 0 && modbus_reply(context, request, length, mapping) < 0)
                break;
        modbus_close(context);
    }
}

static int ask(modbus_t *context, int count)
{
    unsigned short registers[REGISTERS];
    if (modbus_connect(context) < 0)
        return fail("connect");
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < count; i++)
        if (modbus_read_registers(context, 0, REGISTERS, registers) != REGISTERS || registers[REGISTERS - 1] != REGISTERS - 1)
            return fail("read");
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.0f\n", count / (end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9));
    modbus_close(context);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: libmodbus server PORT | client PORT COUNT\n");
        return 2;
    }
    modbus_t *context = modbus_new_tcp("127.0.0.1", atoi(argv[2]));
    int status = strcmp(argv[1], "server") == 0 ? serve(context) : ask(context, atoi(argv[3]));
    modbus_free(context);
    return status;
}
