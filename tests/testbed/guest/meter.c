/*
 * A meter on a serial line, by libmodbus; compiled on the host, run in the guest.
 *
 * meter PORT    serves unit 7 at 19200 8E1: holding registers 0 and 1 are 230.5 as a float, ABCD;
 *               input registers 100 and 101 are 123456
 */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	unsigned char request[MODBUS_RTU_MAX_ADU_LENGTH];
	modbus_t *meter = modbus_new_rtu(argc > 1 ? argv[1] : "", 19200, 'E', 8, 1);
	modbus_mapping_t *registers = modbus_mapping_new_start_address(0, 0, 0, 0, 0, 2, 100, 2);

	if (!meter || !registers || modbus_set_slave(meter, 7) || modbus_connect(meter)) {
		fprintf(stderr, "meter: %s\n", modbus_strerror(errno));
		return 1;
	}
	/* IEEE 754, by hand: modbus_set_float_abcd of libmodbus 3.1.6 swaps the bytes of each register. */
	registers->tab_registers[0] = 0x4366;
	registers->tab_registers[1] = 0x8000;
	registers->tab_input_registers[0] = 123456 >> 16;
	registers->tab_input_registers[1] = 123456 & 0xffff;
	for (;;) {
		int length = modbus_receive(meter, request);

		if (length > 0)
			modbus_reply(meter, request, length, registers);
	}
}
