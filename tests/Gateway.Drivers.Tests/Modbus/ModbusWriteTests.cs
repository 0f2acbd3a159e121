using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Modbus;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Drivers.Tests.Definitions;

namespace Gateway.Drivers.Tests.Modbus;

public sealed class ModbusWriteTests : IAsyncDisposable
{
    private readonly ModbusDriver _driver = new();
    private readonly ScriptedUnit _unit = new();

    public ValueTask DisposeAsync() => _unit.DisposeAsync();

    public static TheoryData<string, object, string> Refused => new()
    {
        { "uint16", 300_000m, "300000 does not fit uint16, which holds 0 to 65535" },
        { "int16", -32_769m, "-32769 does not fit int16, which holds -32768 to 32767" },
        { "uint32", -1m, "-1 does not fit uint32, which holds 0 to 4294967295" },
        { "uint16", 21.5m, "21.5 is not a whole number, and uint16 holds no other" },
        { "uint16", "warm", "'warm' is not a number" },
        { "bool", "warm", "'warm' is neither true nor false" },
        { "float32", double.MaxValue, "1.7976931348623157E+308 does not fit float32" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_value_that_does_not_suit_is_refused_before_anything_is_sent(string type, object value, string expected)
    {
        var outcome = await WriteAsync(
            Point(_driver.Schema, "x", ("holding", 5), ("write", true), ("type", type)),
            value switch { decimal number => PointValue.From(number), double number => PointValue.From(number), _ => PointValue.From((string)value) });

        Assert.Equal(expected, outcome.Error);
        Assert.Empty(_unit.TakeRequests());
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_refused()
    {
        var outcome = await WriteAsync(
            Point(_driver.Schema, "x", ("holding", 5), ("write", true), ("type", "string"), ("length", 2)), PointValue.From("abcde"));

        Assert.Equal("'abcde' is longer than the 4 bytes that device.x has room for, or has characters that its encoding lacks", outcome.Error);
    }

    [Fact]
    public async Task A_scaled_value_is_rounded_to_the_steps_of_its_register()
    {
        var point = new PointDefinition
        {
            DeviceName = "device",
            Name = "x",
            Every = TimeSpan.FromSeconds(1),
            Scale = 0.1m,
            Writable = true,
            Settings = Section(_driver.Schema.Point, ("holding", 5), ("write", true)),
        };

        Assert.Equal(WriteOutcome.Done, await WriteAsync(point, PointValue.From(215.7m)));
    }

    [Fact]
    public async Task One_bit_of_a_register_is_changed_by_reading_it_first()
    {
        Assert.Equal(WriteOutcome.Done, await WriteAsync(Point(_driver.Schema, "x", ("holding", 5), ("write", true), ("bit", 1)), PointValue.From(true)));

        var register = new ReadRange(ModbusTable.HoldingRegisters, 5, 1);
        Assert.Equal([register, register], _unit.TakeRequests());
    }

    [Fact]
    public async Task A_value_may_be_written_elsewhere_than_it_is_read_and_in_one_request()
    {
        await using var unit = new MemoryUnit(1);
        unit.Lay(5, 0, 0);
        unit.Lay(200, 0, 0);
        var point = Point(_driver.Schema, "x", ("holding", 5), ("type", "float32"), ("write", true), ("write-address", 200), ("read-back", false));

        Assert.Equal(WriteOutcome.Done, await WriteAsync(unit.Port, point, PointValue.From(21.5m)));

        Assert.Equal([0x41AC, 0x0000], unit.Registers(200, 2));
        Assert.Equal([0, 0], unit.Registers(5, 2));
    }

    [Fact]
    public async Task Read_back_confirms_what_the_device_keeps()
    {
        await using var unit = new MemoryUnit(1);
        unit.Lay(5, 7);
        unit.Lay(200, 0);

        var kept = await WriteAsync(unit.Port, Point(_driver.Schema, "x", ("holding", 5), ("write", true), ("read-back", true)), PointValue.From(20L));
        Assert.Equal(WriteOutcome.Done, kept);
    }

    [Fact]
    public async Task Read_back_tells_what_the_device_shows_instead()
    {
        await using var unit = new MemoryUnit(1);
        unit.Lay(5, 7);
        unit.Lay(200, 0);
        var point = Point(_driver.Schema, "x", ("holding", 5), ("write", true), ("write-address", 200), ("read-back", true));

        var outcome = await WriteAsync(unit.Port, point, PointValue.From(20L));

        Assert.Equal("the device took it, but shows the raw value 7 afterwards", outcome.Error);
    }

    [Theory]
    [InlineData("single", "AB", 0xAB3D)]
    [InlineData("multiple", "AB", 0xAB3D)]
    [InlineData("mask", "AB", 0xAB3D)]
    [InlineData("mask", "BA", 0x3BCD)]
    public async Task Some_bits_of_a_register_are_written_and_the_others_kept(string function, string order, int expected)
    {
        await using var unit = new MemoryUnit(1);
        unit.Lay(5, 0xABCD);
        var point = Point(
            _driver.Schema, "x", ("holding", 5), ("bits", "4-7"), ("order", order), ("write", true), ("write-function", function), ("read-back", true));

        Assert.Equal(WriteOutcome.Done, await WriteAsync(unit.Port, point, PointValue.From(3L)));

        Assert.Equal([expected], unit.Registers(5, 1).Select(register => (int)register));
    }

    [Fact]
    public async Task A_refusal_of_the_device_is_told_with_its_reason()
    {
        _unit.Refuse = _ => ExceptionCode.IllegalDataValue;

        var outcome = await WriteAsync(Point(_driver.Schema, "x", ("coil", 5), ("write", true)), PointValue.From(true));

        Assert.Equal("the device refused it with exception 3 (IllegalDataValue)", outcome.Error);
    }

    [Fact]
    public async Task A_write_without_an_answer_may_have_been_done()
    {
        _unit.Ignore = _ => true;

        var outcome = await WriteAsync(
            Point(_driver.Schema, "x", ("coil", 5), ("write", true)), PointValue.From(true), ("timeout", TimeSpan.FromMilliseconds(50)), ("retries", 0));

        Assert.Equal("the device did not confirm it (timeout); it may have been written all the same", outcome.Error);
    }

    [Fact]
    public async Task A_bus_that_fails_is_told()
    {
        await _unit.DisposeAsync();

        var outcome = await WriteAsync(Point(_driver.Schema, "x", ("coil", 5), ("write", true)), PointValue.From(true));

        Assert.Equal("the bus failed (connection-refused)", outcome.Error);
    }

    private Task<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, params (string, object)[] keys) =>
        WriteAsync(_unit.Port, point, value, keys);

    private async Task<WriteOutcome> WriteAsync(int port, PointDefinition point, PointValue value, params (string, object)[] keys)
    {
        var device = Device(_driver.Schema, keys, point);
        await using var bus = _driver.Open(
            Bus(_driver.Schema, [("modbus", "tcp"), ("host", "127.0.0.1"), ("port", port), ("timeout", TimeSpan.FromSeconds(20))], device),
            new DriverContext(TimeProvider.System, NullLogger.Instance));
        return await bus.WriteAsync(point, value, CancellationToken.None);
    }
}
