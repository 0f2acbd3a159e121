// SPDX-License-Identifier: GPL-2.0
/*
 * gwsim: an I2C adapter, a 1-Wire master, an SPI controller, a GPIO expander and a PWM chip whose chips are files.
 *
 * modprobe gwsim registers=0x76 words=0x18,0x48 commands=0x44 muxes=0x70 onewire=2
 *
 * /sys/kernel/debug/gwsim/
 *   i2c-76     256 bytes of a chip whose reads and writes step through byte registers
 *   i2c-48     256 words, high byte first, of a chip whose pointer chooses a word
 *   i2c-44     what a chip answers to commands: records of
 *              length of command, command, length of answer, answer; length 0 ends them
 *   i2c-76-absent    Y: nobody acknowledges the address
 *   i2c-44-deaf      how many coming reads it does not acknowledge, whatever was written before
 *   i2c-48-pec       1: its transactions end with a packet error code, 2: with a wrong one
 *   i2c-70.3   256 words of a chip at 0x4f behind channel 3 of a PCA9548 at 0x70
 *   i2c-fail   how many coming transfers fail, with the error number in i2c-errno
 *   i2c-hang   1: transfers wait until it is 0, and only what kills their process ends them before
 *   i2c-count  transfers so far
 *   i2c-adapter      0: it is pulled, 1: it is plugged in; reads 0 once nobody holds what was pulled
 *   onewire-0  temperature of the first DS18B20, 1/16 degrees Celsius, two's complement
 *   onewire-0-absent Y: it does not answer
 *   onewire-0-weak   Y: its supply fails while it converts, so that it shows what it does at power-on
 *   onewire-0-noise  how many coming reads of its memory are damaged on the wire
 *   onewire-converts how often sensors were told to convert, together or one of them
 *   onewire-master   0: the master is pulled, 1: it is plugged in
 *   spi-1      MCP3008 at chip select 1: 8 values of 16 bits, high byte first
 *   spi-2      bytes that a chip at chip select 2 shifts out, whatever it is sent
 *   pwm-0-period, -on, -enabled, -inversed    what a channel of a PWM chip was told, nanoseconds; no period may be longer than a second
 *   gpio       levels of the 8 lines of an expander that has no interrupts, one bit each
 *
 * Chip select 0 of the SPI controller is a loop: it reads what it is sent.
 */
#include <linux/debugfs.h>
#include <linux/gpio/driver.h>
#include <linux/i2c.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pwm.h>
#include <linux/spi/spi.h>
#include <linux/w1.h>
#include <linux/wait.h>

#define MAX_CHIPS 112
#define MAX_ONEWIRE 4
#define MAX_MUXES 8
#define CHANNELS 8
#define BEHIND_MUX 0x4f

static unsigned short registers[MAX_CHIPS], words[MAX_CHIPS], commands[MAX_CHIPS], muxes[MAX_MUXES];
static int n_registers, n_words, n_commands, n_muxes, onewire = 1;
module_param_array(registers, ushort, &n_registers, 0444);
module_param_array(words, ushort, &n_words, 0444);
module_param_array(commands, ushort, &n_commands, 0444);
module_param_array(muxes, ushort, &n_muxes, 0444);
module_param(onewire, int, 0444);

static struct platform_device *device;
static struct dentry *folder;

static ssize_t file_read(struct file *file, char __user *to, size_t count, loff_t *at)
{
	struct debugfs_blob_wrapper *blob = file->private_data;

	return simple_read_from_buffer(to, count, at, blob->data, blob->size);
}

static ssize_t file_write(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	struct debugfs_blob_wrapper *blob = file->private_data;

	return simple_write_to_buffer(blob->data, blob->size, at, from, count);
}

static const struct file_operations file_operations = {
	.owner = THIS_MODULE, .open = simple_open, .read = file_read, .write = file_write, .llseek = default_llseek,
};

/* ---- I2C ---- */

enum kind { NONE, REGISTERS, WORDS, COMMANDS, MUX };
enum pec { WITHOUT, RIGHT, WRONG };

static struct chip {
	enum kind kind;
	bool absent;
	u32 deaf;
	u8 pec;				/* enum pec */
	u8 pointer;			/* of a multiplexer: the channels that are on */
	const u8 *answer;		/* of the last command; null: none was understood */
	u8 data[512];
	struct debugfs_blob_wrapper file;
} chips[128], behind[MAX_MUXES][CHANNELS];
static u32 fail, fail_errno = ENXIO, count;
static bool pulled, hang;
static DECLARE_WAIT_QUEUE_HEAD(let_go);

static u8 *register_at(struct chip *chip, int i)
{
	return chip->kind == REGISTERS ? &chip->data[(u8)(chip->pointer + i)] : &chip->data[2 * chip->pointer + (i & 1)];
}

static int understand(struct chip *chip, struct i2c_msg *message)
{
	const u8 *record = chip->data, *end = chip->data + sizeof(chip->data) - 1;

	chip->answer = NULL;
	while (record < end && record[0]) {
		const u8 *answer = record + 1 + record[0];

		if (record[0] <= message->len && !memcmp(record + 1, message->buf, record[0])) {
			chip->answer = answer;
			return 0;
		}
		record = answer + 1 + answer[0];
	}
	return 0;			/* a command of no known answer: a setting, acknowledged */
}

static int chip_write(struct chip *chip, struct i2c_msg *message, int length)
{
	int i;

	if (chip->kind == COMMANDS)
		return understand(chip, message);
	if (length)
		chip->pointer = message->buf[0];
	for (i = 1; i < length; i++)
		*register_at(chip, i - 1) = message->buf[i];
	return 0;
}

static int chip_read(struct chip *chip, u8 *to, int length)
{
	int i;

	if (chip->deaf) {
		chip->deaf--;
		return -ENXIO;
	}
	for (i = 0; i < length; i++) {
		if (chip->kind == MUX)
			to[i] = chip->pointer;
		else if (chip->kind != COMMANDS)
			to[i] = *register_at(chip, i);
		else if (chip->answer)
			to[i] = i < chip->answer[0] ? chip->answer[1 + i] : 0xff;
		else
			return -ENXIO;
	}
	if (chip->kind == REGISTERS)
		chip->pointer += length;
	chip->answer = NULL;		/* a chip of commands gives it once, and acknowledges no read without one */
	return 0;
}

/* Chips of one address on channels that are on together hear the same, and pull the line down together. */
static int behind_mux(struct i2c_msg *message)
{
	u8 bytes[512];
	int mux, channel, i, error = -ENXIO;

	if (message->len > sizeof(bytes))
		return -EINVAL;
	if (message->flags & I2C_M_RD)
		memset(message->buf, 0xff, message->len);
	for (mux = 0; mux < n_muxes; mux++) {
		for (channel = 0; channel < CHANNELS; channel++) {
			if (!(chips[muxes[mux]].pointer >> channel & 1))
				continue;
			error = 0;
			if (!(message->flags & I2C_M_RD)) {
				chip_write(&behind[mux][channel], message, message->len);
				continue;
			}
			chip_read(&behind[mux][channel], bytes, message->len);
			for (i = 0; i < message->len; i++)
				message->buf[i] &= bytes[i];
		}
	}
	return error;
}

/* The code runs on over the messages of a transaction: SMBus 3.2, 6.4.1. */
static int transfer_one(struct i2c_msg *message, bool is_last, u8 *code)
{
	struct chip *chip = &chips[message->addr & 0x7f];
	bool is_read = message->flags & I2C_M_RD;
	u8 address = message->addr << 1 | is_read;
	int length = message->len, error;

	if (message->addr == BEHIND_MUX && n_muxes)
		return behind_mux(message);
	if (chip->kind == NONE || chip->absent)
		return -ENXIO;
	*code = i2c_smbus_pec(*code, &address, 1);
	if (chip->pec && is_last && length > 1)
		length--;
	if (is_read) {
		error = chip_read(chip, message->buf, length);
		*code = i2c_smbus_pec(*code, message->buf, length);
		if (length < message->len)
			message->buf[length] = chip->pec == WRONG ? ~*code : *code;
		return error;
	}
	*code = i2c_smbus_pec(*code, message->buf, length);
	if (length < message->len && message->buf[length] != *code)
		return -ENXIO;
	return chip_write(chip, message, length);
}

static int transfer(struct i2c_adapter *adapter, struct i2c_msg *messages, int n)
{
	int i, error;
	u8 code = 0;

	count++;
	if (wait_event_killable(let_go, !READ_ONCE(hang)))
		return -EINTR;
	if (READ_ONCE(pulled))
		return -ENODEV;
	if (fail) {
		fail--;
		return -(int)fail_errno;
	}
	for (i = 0; i < n; i++) {
		error = transfer_one(&messages[i], i == n - 1, &code);
		if (error)
			return error;
	}
	return n;
}

static u32 functionality(struct i2c_adapter *adapter)
{
	return I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
}

static const struct i2c_algorithm algorithm = { .master_xfer = transfer, .functionality = functionality };
static struct i2c_adapter adapter = { .owner = THIS_MODULE, .algo = &algorithm, .name = "gwsim-i2c" };

/* Pulling it ends only when the last who has it open lets go, as with an adapter on USB. */
static bool is_there, is_wanted;
static void plug(struct work_struct *work)
{
	if (is_there && !READ_ONCE(is_wanted)) {
		WRITE_ONCE(pulled, true);
		i2c_del_adapter(&adapter);
		is_there = false;
	}
	if (!is_there && READ_ONCE(is_wanted)) {
		WRITE_ONCE(pulled, false);
		adapter.dev.parent = &device->dev;
		is_there = !i2c_add_adapter(&adapter);
	}
}
static DECLARE_WORK(plugging, plug);

static int adapter_get(void *data, u64 *value)
{
	*value = is_there;
	return 0;
}

static int adapter_set(void *data, u64 value)
{
	WRITE_ONCE(is_wanted, value);
	schedule_work(&plugging);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(adapter_file, adapter_get, adapter_set, "%llu\n");

static int hang_get(void *data, u64 *value)
{
	*value = hang;
	return 0;
}

static int hang_set(void *data, u64 value)
{
	WRITE_ONCE(hang, value);
	wake_up_all(&let_go);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(hang_file, hang_get, hang_set, "%llu\n");

static void add_file(const char *name, struct chip *chip, int size)
{
	chip->file.data = chip->data;
	chip->file.size = size;
	debugfs_create_file(name, 0600, folder, &chip->file, &file_operations);
}

static void add_chips(const unsigned short *addresses, int n, enum kind kind)
{
	char name[16];

	while (n--) {
		struct chip *chip = &chips[addresses[n] & 0x7f];

		chip->kind = kind;
		snprintf(name, sizeof(name), "i2c-%02x", addresses[n]);
		add_file(name, chip, kind == REGISTERS ? 256 : 512);
		snprintf(name, sizeof(name), "i2c-%02x-absent", addresses[n]);
		debugfs_create_bool(name, 0600, folder, &chip->absent);
		snprintf(name, sizeof(name), "i2c-%02x-deaf", addresses[n]);
		debugfs_create_u32(name, 0600, folder, &chip->deaf);
		snprintf(name, sizeof(name), "i2c-%02x-pec", addresses[n]);
		debugfs_create_u8(name, 0600, folder, &chip->pec);
	}
}

static void add_behind(void)
{
	char name[16];
	int mux, channel;

	for (mux = 0; mux < n_muxes; mux++) {
		for (channel = 0; channel < CHANNELS; channel++) {
			behind[mux][channel].kind = WORDS;
			snprintf(name, sizeof(name), "i2c-%02x.%d", muxes[mux], channel);
			add_file(name, &behind[mux][channel], 512);
		}
	}
}

/* ---- 1-Wire: DS18B20s, bit by bit ---- */

enum state { IDLE, ROM_COMMAND, MATCH_ROM, SEARCH_ROM, FUNCTION, ANSWER, SCRATCHPAD };

static struct ds18b20 {
	u8 rom[8], scratchpad[9], answer[9], command;
	u32 sixteenths, noise;
	bool absent, weak;
	enum state state;
	int bit, length;
} sensors[MAX_ONEWIRE];
static u32 converts;
static bool is_told;			/* to convert, in this time slot */

static int rom_bit(struct ds18b20 *sensor, int i)
{
	return sensor->rom[i >> 3] >> (i & 7) & 1;
}

static void become(struct ds18b20 *sensor, enum state state)
{
	sensor->state = state;
	sensor->bit = 0;
	sensor->command = 0;
}

static void say(struct ds18b20 *sensor, const u8 *bytes, int length)
{
	memcpy(sensor->answer, bytes, length);
	sensor->length = length;
	become(sensor, ANSWER);
}

/* What it shows before it has measured: 85 degrees. DS18B20 data sheet, figure 9. */
static void power_on(struct ds18b20 *sensor)
{
	const u8 scratchpad[] = { 0x50, 0x05, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10 };

	memcpy(sensor->scratchpad, scratchpad, 8);
	sensor->scratchpad[8] = w1_calc_crc8(sensor->scratchpad, 8);
}

static void convert(struct ds18b20 *sensor)
{
	int bits_less = 3 - (sensor->scratchpad[4] >> 5 & 3);
	u32 value = sensor->sixteenths & ~((1u << bits_less) - 1);

	if (sensor->weak) {
		power_on(sensor);
		return;
	}
	sensor->scratchpad[0] = value;
	sensor->scratchpad[1] = value >> 8;
	sensor->scratchpad[6] = 0x10 - (value & 0xf);
	sensor->scratchpad[8] = w1_calc_crc8(sensor->scratchpad, 8);
}

static void show(struct ds18b20 *sensor)
{
	say(sensor, sensor->scratchpad, 9);
	if (sensor->noise) {
		sensor->noise--;
		sensor->answer[2] ^= 0x10;
	}
}

static void obey(struct ds18b20 *sensor)
{
	u8 command = sensor->command;

	if (sensor->state == ROM_COMMAND) {
		switch (command) {
		case 0xf0: become(sensor, SEARCH_ROM); return;
		case 0x55: become(sensor, MATCH_ROM); return;
		case 0xcc: become(sensor, FUNCTION); return;
		case 0x33: say(sensor, sensor->rom, 8); return;
		default: become(sensor, IDLE); return;
		}
	}
	switch (command) {
	case 0x44: is_told = true; convert(sensor); say(sensor, NULL, 0); return;
	case 0xbe: show(sensor); return;
	case 0x4e: become(sensor, SCRATCHPAD); return;
	case 0x48: case 0xb4: case 0xb8: say(sensor, NULL, 0); return;
	default: become(sensor, IDLE); return;
	}
}

/* One time slot; returns what the sensor leaves on the line, 1 is released. */
static int slot(struct ds18b20 *sensor, int written)
{
	int i = sensor->bit++, line = 1;

	switch (sensor->state) {
	case SEARCH_ROM:
		if (i % 3 == 0)
			line = rom_bit(sensor, i / 3);
		else if (i % 3 == 1)
			line = !rom_bit(sensor, i / 3);
		else if (written != rom_bit(sensor, i / 3))
			become(sensor, IDLE);
		else if (i == 191)
			become(sensor, FUNCTION);
		break;
	case MATCH_ROM:
		if (written != rom_bit(sensor, i))
			become(sensor, IDLE);
		else if (i == 63)
			become(sensor, FUNCTION);
		break;
	case ANSWER:
		line = i < 8 * sensor->length ? sensor->answer[i >> 3] >> (i & 7) & 1 : 1;
		break;
	case SCRATCHPAD:
		sensor->scratchpad[2 + (i >> 3)] &= ~(1 << (i & 7));
		sensor->scratchpad[2 + (i >> 3)] |= written << (i & 7);
		if (i == 23) {
			sensor->scratchpad[8] = w1_calc_crc8(sensor->scratchpad, 8);
			become(sensor, IDLE);
		}
		break;
	case ROM_COMMAND:
	case FUNCTION:
		sensor->command |= written << i;
		if (i == 7)
			obey(sensor);
		break;
	case IDLE:
		break;
	}
	return line;
}

static u8 onewire_reset(void *data)
{
	u8 nobody = 1;
	int i;

	for (i = 0; i < onewire; i++) {
		become(&sensors[i], sensors[i].absent ? IDLE : ROM_COMMAND);
		nobody &= sensors[i].absent;
	}
	return nobody;
}

static u8 onewire_slot(void *data, u8 written)
{
	u8 line = !!written;
	int i;

	is_told = false;
	for (i = 0; i < onewire; i++)
		line &= slot(&sensors[i], !!written);
	converts += is_told;
	return line;
}

static struct w1_bus_master onewire_master = { .reset_bus = onewire_reset, .touch_bit = onewire_slot };
static bool is_master_there;

static int master_get(void *data, u64 *value)
{
	*value = is_master_there;
	return 0;
}

static int master_set(void *data, u64 value)
{
	int error = 0;

	if (is_master_there && !value)
		w1_remove_master_device(&onewire_master);
	if (!is_master_there && value)
		error = w1_add_master_device(&onewire_master);
	is_master_there = value && !error;
	return error;
}
DEFINE_DEBUGFS_ATTRIBUTE(master_file, master_get, master_set, "%llu\n");

static int add_onewire(void)
{
	char name[24];
	int i;

	onewire = clamp(onewire, 0, MAX_ONEWIRE);
	for (i = 0; i < onewire; i++) {
		struct ds18b20 *sensor = &sensors[i];
		const u8 rom[] = { 0x28, 0x11 + i, 0x22, 0x33, 0x44, 0x55, 0x66 };

		memcpy(sensor->rom, rom, 7);
		sensor->rom[7] = w1_calc_crc8(sensor->rom, 7);
		power_on(sensor);
		sensor->sixteenths = 16 * (20 + i);
		snprintf(name, sizeof(name), "onewire-%d", i);
		debugfs_create_u32(name, 0600, folder, &sensor->sixteenths);
		snprintf(name, sizeof(name), "onewire-%d-absent", i);
		debugfs_create_bool(name, 0600, folder, &sensor->absent);
		snprintf(name, sizeof(name), "onewire-%d-weak", i);
		debugfs_create_bool(name, 0600, folder, &sensor->weak);
		snprintf(name, sizeof(name), "onewire-%d-noise", i);
		debugfs_create_u32(name, 0600, folder, &sensor->noise);
	}
	debugfs_create_u32("onewire-converts", 0400, folder, &converts);
	debugfs_create_file("onewire-master", 0600, folder, NULL, &master_file);
	return master_set(NULL, 1);
}

/* ---- SPI ---- */

static u8 mcp3008[16], shifted[64];
static struct debugfs_blob_wrapper mcp3008_file = { .data = mcp3008, .size = sizeof(mcp3008) };
static struct debugfs_blob_wrapper shifted_file = { .data = shifted, .size = sizeof(shifted) };
static struct spi_controller *controller;

static int spi_one(struct spi_controller *of, struct spi_device *chip, struct spi_transfer *transfer)
{
	const u8 *sent = transfer->tx_buf;
	u8 *received = transfer->rx_buf;

	if (!received)
		return 0;
	if (chip->chip_select == 1 && sent && transfer->len == 3) {
		int channel = sent[1] >> 4 & 7;	/* start bit in the first byte, then single-ended and channel */

		received[0] = 0;
		received[1] = mcp3008[2 * channel] & 3;
		received[2] = mcp3008[2 * channel + 1];
	} else if (chip->chip_select == 2) {
		memset(received, 0, transfer->len);
		memcpy(received, shifted, min_t(size_t, transfer->len, sizeof(shifted)));
	} else if (sent) {
		memcpy(received, sent, transfer->len);
	} else {
		memset(received, 0, transfer->len);
	}
	return 0;
}

static void spi_select(struct spi_device *chip, bool is_high)
{
}

static int add_spi(void)
{
	int i, error;

	debugfs_create_file("spi-1", 0600, folder, &mcp3008_file, &file_operations);
	debugfs_create_file("spi-2", 0600, folder, &shifted_file, &file_operations);
	controller = spi_alloc_master(&device->dev, 0);
	if (!controller)
		return -ENOMEM;
	controller->bus_num = 0;
	controller->num_chipselect = 3;
	controller->transfer_one = spi_one;
	controller->set_cs = spi_select;
	controller->mode_bits = SPI_MODE_X_MASK | SPI_CS_HIGH | SPI_LSB_FIRST;
	controller->bits_per_word_mask = SPI_BPW_RANGE_MASK(1, 32);
	error = spi_register_controller(controller);
	if (error)
		return error;
	for (i = 0; i < 3; i++) {
		/* A name that the driver spidev of this kernel takes. */
		struct spi_board_info chip = { .modalias = "dh2228fv", .chip_select = i, .max_speed_hz = 10000000 };

		spi_new_device(controller, &chip);
	}
	return 0;
}

/* ---- GPIO: an expander whose interrupt line nobody has wired ---- */

static u32 levels;

static int gpio_get(struct gpio_chip *chip, unsigned int line)
{
	return levels >> line & 1;
}

static void gpio_set(struct gpio_chip *chip, unsigned int line, int value)
{
	levels = (levels & ~BIT(line)) | (value ? BIT(line) : 0);
}

static int gpio_input(struct gpio_chip *chip, unsigned int line)
{
	return 0;
}

static int gpio_output(struct gpio_chip *chip, unsigned int line, int value)
{
	gpio_set(chip, line, value);
	return 0;
}

static struct gpio_chip expander = {
	.owner = THIS_MODULE, .label = "gwsim-gpio", .base = -1, .ngpio = 8, .can_sleep = true,
	.get = gpio_get, .set = gpio_set, .direction_input = gpio_input, .direction_output = gpio_output,
};

static int add_gpio(void)
{
	debugfs_create_u32("gpio", 0600, folder, &levels);
	expander.parent = &device->dev;
	return gpiochip_add_data(&expander, NULL);
}

/* ---- PWM: channels that remember what they were told ---- */

#define CHANNELS_OF_PWM 2

static struct pwm_channel {
	u64 period, on;
	bool enabled, inversed;
} pwm_channels[CHANNELS_OF_PWM];

static int pwm_apply(struct pwm_chip *chip, struct pwm_device *pwm, const struct pwm_state *state)
{
	struct pwm_channel *channel = &pwm_channels[pwm->hwpwm];

	if (state->period > NSEC_PER_SEC)
		return -ERANGE;
	channel->period = state->period;
	channel->on = state->duty_cycle;
	channel->enabled = state->enabled;
	channel->inversed = state->polarity == PWM_POLARITY_INVERSED;
	return 0;
}

static const struct pwm_ops pwm_ops = { .owner = THIS_MODULE, .apply = pwm_apply };
static struct pwm_chip pwm_chip = { .ops = &pwm_ops, .npwm = CHANNELS_OF_PWM };

static int add_pwm(void)
{
	char name[24];
	int i;

	for (i = 0; i < CHANNELS_OF_PWM; i++) {
		snprintf(name, sizeof(name), "pwm-%d-period", i);
		debugfs_create_u64(name, 0400, folder, &pwm_channels[i].period);
		snprintf(name, sizeof(name), "pwm-%d-on", i);
		debugfs_create_u64(name, 0400, folder, &pwm_channels[i].on);
		snprintf(name, sizeof(name), "pwm-%d-enabled", i);
		debugfs_create_bool(name, 0400, folder, &pwm_channels[i].enabled);
		snprintf(name, sizeof(name), "pwm-%d-inversed", i);
		debugfs_create_bool(name, 0400, folder, &pwm_channels[i].inversed);
	}
	pwm_chip.dev = &device->dev;
	return pwmchip_add(&pwm_chip);
}

static int __init gwsim_init(void)
{
	int error;

	device = platform_device_register_simple("gwsim", -1, NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	folder = debugfs_create_dir("gwsim", NULL);
	debugfs_create_u32("i2c-fail", 0600, folder, &fail);
	debugfs_create_u32("i2c-errno", 0600, folder, &fail_errno);
	debugfs_create_u32("i2c-count", 0400, folder, &count);
	add_chips(registers, n_registers, REGISTERS);
	add_chips(words, n_words, WORDS);
	add_chips(commands, n_commands, COMMANDS);
	add_chips(muxes, n_muxes, MUX);
	add_behind();
	debugfs_create_file("i2c-adapter", 0600, folder, NULL, &adapter_file);
	debugfs_create_file("i2c-hang", 0600, folder, NULL, &hang_file);
	is_wanted = true;
	plug(&plugging);
	error = is_there ? add_onewire() : -ENODEV;
	if (!error)
		error = add_spi();
	if (!error)
		error = add_gpio();
	if (!error)
		error = add_pwm();
	return error;			/* the guest lives for one run: what stands stays */
}

module_init(gwsim_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("simulated I2C, 1-Wire, SPI, GPIO and PWM for tests");
