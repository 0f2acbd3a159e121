using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Modbus;
using static Gateway.Drivers.Tests.Definitions;

namespace Gateway.Drivers.Tests.Modbus;

public class ModbusValidationTests
{
    private static readonly (string, object)[] Tcp = [("modbus", "tcp"), ("host", "plc")];
    private static readonly (string, object)[] Rtu = [("modbus", "rtu"), ("port", "/dev/ttyUSB0")];

    private readonly ModbusDriver _driver = new();

    public static TheoryData<(string, object)[], string> PointErrors => new()
    {
        { [("holding", 65535), ("type", "float32")], "test.yaml:1:1: error: 2 registers from address 65535 on reach past 65535, the last address" },
        { [("holding", 65533), ("type", "uint64")], "test.yaml:1:1: error: 4 registers from address 65533 on reach past 65535, the last address" },
        { [("holding", 3), ("type", "int32"), ("bit", 3)], "test.yaml:3:1: error: 'bit' is for whole numbers without a sign, not for 'type: int32'" },
        { [("holding", 3), ("length", 4)], "test.yaml:2:1: error: 'length' is for strings, not for 'type: uint16'" },
        { [("holding", 3), ("type", "string")], "test.yaml:2:1: error: a string needs 'length', the number of its registers" },
        { [("coil", 3), ("type", "int16")], "test.yaml:2:1: error: a coil is always a bool, not 'int16'" },
        { [("discrete", 3), ("bit", 1)], "test.yaml:2:1: error: 'bit' is for registers; a discrete input is a single bit" },
        { [("coil", 3), ("order", "DCBA")], "test.yaml:2:1: error: 'order' is for registers; a coil is a single bit" },
        { [("register", 20001)], "test.yaml:1:1: error: 20001 is no register number in Modicon notation; allowed are 1 to 9999 (coils), 10001 to 19999 (discrete inputs), 30001 to 39999 (input registers) and 40001 to 49999 (holding registers), or with six digits 100001, 300001 and 400001 upwards" },
        { [("register", 465536), ("type", "int32")], "test.yaml:1:1: error: 2 registers from address 65535 on reach past 65535, the last address" },
        { [("holding", 3), ("simulate", "noise")], "test.yaml:2:1: error: 'noise' is no waveform; allowed are constant(5), sine(20, 25, 60 s), ramp(0, 100, 60 s), square(0, 1, 10 s), steps(1, 2, 3, 10 s), toggle(10 s), random-walk(20, 25, 60 s), counter(1000, 0.5)" },
    };

    [Theory]
    [MemberData(nameof(PointErrors))]
    public void Says_where_what_and_what_to_do((string, object)[] keys, string expected)
    {
        Assert.Equal([expected], Validate(Tcp, [], Point(_driver.Schema, "x", keys)));
    }

    [Theory]
    [InlineData("input", "an input register cannot be written; writable are 'holding' and 'coil', or give it a 'write-address'")]
    [InlineData("discrete", "a discrete input cannot be written; writable are 'holding' and 'coil', or give it a 'write-address'")]
    public void Only_holding_registers_and_coils_can_be_written(string table, string expected)
    {
        var point = new PointDefinition
        {
            DeviceName = "device",
            Name = "x",
            Every = TimeSpan.FromSeconds(1),
            Writable = true,
            Settings = Section(_driver.Schema.Point, (table, 1), ("write", true)),
        };

        Assert.Equal([$"test.yaml:2:1: error: {expected}"], Validate(Tcp, [], point));
    }

    [Fact]
    public void A_unit_id_on_a_point_is_told_from_a_unit_of_measurement()
    {
        var point = new PointDefinition
        {
            DeviceName = "device",
            Name = "x",
            Every = TimeSpan.FromSeconds(1),
            Unit = "2",
            Settings = Section(_driver.Schema.Point, ("holding", 1), ("unit", "2")),
        };

        Assert.Equal(
            ["test.yaml:2:1: error: 'unit: 2' on a point is the unit of measurement; the Modbus unit id belongs to the device"],
            Validate(Tcp, [], point));
    }

    [Fact]
    public void Text_has_no_scale()
    {
        var point = new PointDefinition
        {
            DeviceName = "device",
            Name = "x",
            Every = TimeSpan.FromSeconds(1),
            Scale = 0.1m,
            Settings = Section(_driver.Schema.Point, ("holding", 1), ("type", "string"), ("length", 3), ("scale", 0.1m)),
        };

        Assert.Equal(["test.yaml:4:1: error: 'scale' is for numbers, not for 'type: string'"], Validate(Tcp, [], point));
    }

    [Theory]
    [InlineData(0, "error: unit 0 is the broadcast, which no device answers; on a serial line 1 to 247 are allowed")]
    [InlineData(248, "warning: unit 248 is reserved by the standard, which has 1 to 247 on a serial line; few devices use it all the same")]
    public void A_serial_line_has_fewer_units_than_tcp(int unit, string expected)
    {
        var point = Point(_driver.Schema, "x", ("holding", 1));

        Assert.Empty(Validate(Tcp, [("unit", unit)], point));
        Assert.Equal([$"test.yaml:1:1: {expected}"], Validate(Rtu, [("unit", unit)], point));
    }

    [Fact]
    public void Rtu_needs_8_data_bits()
    {
        Assert.Equal(
            ["test.yaml:3:1: error: Modbus RTU needs 8 data bits; 7 are for Modbus ASCII"],
            Validate([.. Rtu, ("data-bits", 7)], [], Point(_driver.Schema, "x", ("holding", 1))));
    }

    [Fact]
    public void A_point_fits_into_a_request_of_its_device()
    {
        Assert.Equal(
            ["test.yaml: error: x takes 4 registers, more than the device's 'max-registers: 3'"],
            Validate(Tcp, [("max-registers", 3)], Point(_driver.Schema, "x", ("holding", 1), ("type", "int64"))));
    }

    [Theory]
    [InlineData(1, "Coils", 0)]
    [InlineData(9999, "Coils", 9998)]
    [InlineData(10001, "DiscreteInputs", 0)]
    [InlineData(30001, "InputRegisters", 0)]
    [InlineData(40001, "HoldingRegisters", 0)]
    [InlineData(40108, "HoldingRegisters", 107)]
    [InlineData(49999, "HoldingRegisters", 9998)]
    [InlineData(165536, "DiscreteInputs", 65535)]
    [InlineData(300001, "InputRegisters", 0)]
    [InlineData(400001, "HoldingRegisters", 0)]
    [InlineData(465536, "HoldingRegisters", 65535)]
    public void Modicon_numbers_begin_at_one(int register, string table, int address)
    {
        var located = ModbusPointParser.Parse(Point(_driver.Schema, "x", ("register", register)), []);

        Assert.Equal((table, address), (located!.Range.Table.ToString(), located.Range.Address));
    }

    [Fact]
    public void A_bus_is_named_by_its_address()
    {
        Assert.Equal("modbus tcp plc:502", _driver.NameBus(Section(_driver.Schema.Bus["tcp"], ("modbus", "tcp"), ("host", "PLC"))));
        Assert.Equal("modbus rtu /dev/ttyUSB0", _driver.NameBus(Section(_driver.Schema.Bus["rtu"], Rtu)));
    }

    [Fact]
    public void The_load_of_a_serial_line_follows_from_its_speed()
    {
        // 2 × 4 registers: each 8 + 13 characters of 10 bits at 9600 baud = 21.875 ms, 2 × 3.5 characters = 7.292 ms, 10 ms.
        var bus = Bus(
            _driver.Schema,
            [.. Rtu, ("baud", 9600), ("parity", "none")],
            Device(
                _driver.Schema,
                [("max-gap", 0)],
                Point(_driver.Schema, "a", ("input", 0), ("type", "uint64")),
                Point(_driver.Schema, "b", ("input", 100), ("type", "uint64"))));

        var load = _driver.EstimateLoad(bus);

        Assert.Equal(0.0783, load.Utilisation, 0.0001);
        Assert.Equal("2 requests of together 78.3 ms every 1 s; each is its characters at 9600 baud, two silences of 3.6 ms and 10 ms for the device", load.Arithmetic);
    }

    [Fact]
    public void The_load_of_an_ascii_line_is_that_of_two_digits_a_byte()
    {
        // ":010300000001FB\r\n" is 17 characters and ":0103020000FA\r\n" 15, of 10 bits at 9600 baud: 33.3 ms, and 10 ms.
        var bus = Bus(
            _driver.Schema,
            [("modbus", "ascii"), ("port", "/dev/ttyUSB0"), ("baud", 9600), ("data-bits", 7), ("parity", "even")],
            Device(_driver.Schema, [], Point(_driver.Schema, "a", ("holding", 0))));

        Assert.Equal("1 request of together 43.3 ms every 1 s; each is its characters at 9600 baud and 10 ms for the device", _driver.EstimateLoad(bus).Arithmetic);
    }

    private string[] Validate((string, object)[] bus, (string, object)[] device, params PointDefinition[] points)
    {
        var diagnostics = new List<Diagnostic>();
        _driver.Validate(Bus(_driver.Schema, bus, Device(_driver.Schema, device, points)), diagnostics);
        return [.. diagnostics.Select(diagnostic => diagnostic.ToString())];
    }
}
