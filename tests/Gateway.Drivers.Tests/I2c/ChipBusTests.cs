using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.I2c;

/// <summary>What all chips on a bus share: its thread, its faults, multiplexers, measuring ahead.</summary>
public class ChipBusTests
{
    private static readonly Dictionary<string, byte[]> ShtAnswers = new() { ["FD"] = Convert.FromHexString("666693 7FFF8F".Replace(" ", "", StringComparison.Ordinal)) };

    [Fact]
    public async Task Chips_of_one_address_hang_on_channels_of_a_multiplexer()
    {
        await using var map = new I2cMap("""
            bus: { i2c: 1 }
            devices:
              - { name: north, sensor: lm75, mux: { address: 0x71, channel: 0 } }
              - { name: south, sensor: lm75, mux: { address: 0x71, channel: 7 } }
              - { name: before, sensor: lm75, address: 0x49 }
            """);
        map.Hardware[0x71] = new SimulatedMux
        {
            Behind = { [(0, 0x48)] = new SimulatedWords { Registers = { [0] = 0x1900 } }, [(7, 0x48)] = new SimulatedWords { Registers = { [0] = 0xE700 } } },
        };
        map.Hardware[0x49] = new SimulatedWords { Registers = { [0] = 0x0080 } };

        var read = new List<string>();
        foreach (var device in (string[])["north", "south", "before", "north"])
        {
            Assert.Equal(ReadOutcome.Answered, await map.ReadAsync(device));
            read.Add(map["temperature"]);
        }

        Assert.Equal(["25", "-25", "0.5", "25"], read);
    }

    [Fact]
    public async Task No_two_channels_are_on_together_and_none_is_left_on()
    {
        var muxes = new Dictionary<int, SimulatedMux>();
        await using (var map = new I2cMap("""
            bus: { i2c: 1 }
            devices:
              - { name: north, sensor: lm75, mux: { address: 0x70, channel: 1 } }
              - { name: south, sensor: lm75, mux: { address: 0x71, channel: 2 } }
            """))
        {
            foreach (var address in (int[])[0x70, 0x71])
            {
                // Whoever was there before left a channel on.
                map.Hardware[address] = muxes[address] = new SimulatedMux { Channels = 0xFF };
            }

            muxes[0x70].Behind[(1, 0x48)] = new SimulatedWords { Registers = { [0] = 0x1900 } };
            muxes[0x71].Behind[(2, 0x48)] = new SimulatedWords { Registers = { [0] = 0xE700 } };

            var on = new List<(int, int)>();
            foreach (var device in (string[])["north", "south", "north"])
            {
                Assert.Equal(ReadOutcome.Answered, await map.ReadAsync(device));
                on.Add((muxes[0x70].Channels, muxes[0x71].Channels));
            }

            Assert.Equal([(0x02, 0), (0, 0x04), (0x02, 0)], on);
        }

        Assert.Equal((0, 0), (muxes[0x70].Channels, muxes[0x71].Channels));
    }

    [Fact]
    public async Task A_multiplexer_that_a_new_map_no_longer_has_is_switched_off()
    {
        await using var map = new I2cMap("""
            bus: { i2c: 1 }
            devices:
              - { name: north, sensor: lm75, mux: { address: 0x70, channel: 1 } }
              - { name: porch, sensor: lm75, address: 0x4F }
            """);
        var mux = new SimulatedMux { Behind = { [(1, 0x48)] = new SimulatedWords() } };
        map.Hardware[0x70] = mux;
        map.Hardware[0x4F] = new SimulatedWords();
        await map.ReadAsync("north");
        Assert.Equal(0x02, mux.Channels);

        await map.ReloadAsync("bus: { i2c: 1 }\ndevices: [{ name: porch, sensor: lm75, address: 0x4F }]\n");

        Assert.Equal(0, mux.Channels);
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("porch"));
    }

    [Fact]
    public async Task A_multiplexer_that_is_pulled_holds_no_chip_behind_another()
    {
        await using var map = new I2cMap("""
            bus: { i2c: 1 }
            devices:
              - { name: north, sensor: lm75, mux: { address: 0x70, channel: 1 } }
              - { name: south, sensor: lm75, mux: { address: 0x71, channel: 2 } }
            """);
        var pulled = new SimulatedMux { Behind = { [(1, 0x48)] = new SimulatedWords() } };
        map.Hardware[0x70] = pulled;
        map.Hardware[0x71] = new SimulatedMux { Behind = { [(2, 0x48)] = new SimulatedWords() } };
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("north"));

        pulled.Channels = 0;
        map.Hardware.Faults[0x70] = new BusException(BusReasons.NoAck, "Nothing acknowledges 0x70.");

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("south"));
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "no-ack"), await map.ReadAsync("north"));
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("south"));
    }

    [Fact]
    public async Task A_channel_and_the_transaction_behind_it_are_not_torn_apart()
    {
        await using var map = new I2cMap("""
            bus: { i2c: 1 }
            devices:
              - { name: north, sensor: lm75, mux: { address: 0x70, channel: 1 } }
              - { name: porch, sensor: lm75, address: 0x4F }
            """);
        map.Hardware[0x70] = new SimulatedMux { Behind = { [(1, 0x48)] = new SimulatedWords() } };
        map.Hardware[0x4F] = new SimulatedWords();
        var reserved = new List<bool>();
        map.Hardware.OnTransfer = () => reserved.Add(map.Hardware.IsReserved);

        await map.ReadAsync("north");
        await map.ReadAsync("porch");

        Assert.Equal([true, true, false], reserved);
        Assert.False(map.Hardware.IsReserved);
    }

    [Fact]
    public async Task A_bus_that_vanishes_is_opened_again()
    {
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: attic, sensor: lm75 }]\n");
        map.Hardware[0x48] = new SimulatedWords();
        await map.ReadAsync("attic");

        map.Hardware.Fault = new BusException(BusReasons.Gone, "It is gone.", isBusFault: true);
        Assert.Equal(new ReadOutcome(ReadStatus.BusFailed, "gone"), await map.ReadAsync("attic"));
        Assert.False(map.Hardware.IsOpen);
        Assert.Equal(new ReadOutcome(ReadStatus.BusFailed, "gone"), await map.ReadAsync("attic"));

        map.Hardware.Fault = null;
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("attic"));
        Assert.Equal(2, map.Hardware.Opened);
    }

    [Fact]
    public async Task Two_chips_that_take_too_long_are_a_bus_that_is_stuck()
    {
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: a, sensor: lm75 }, { name: b, sensor: lm75, address: 0x49 }]\n");
        map.Hardware.Fault = new BusException(BusReasons.Timeout, "It takes too long.");

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "timeout"), await map.ReadAsync("a"));
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "timeout"), await map.ReadAsync("a"));
        Assert.Equal(new ReadOutcome(ReadStatus.BusFailed, "bus-stuck"), await map.ReadAsync("b"));
        Assert.False(map.Hardware.IsOpen);
    }

    [Fact]
    public async Task One_chip_that_takes_too_long_is_its_own_fault()
    {
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: a, sensor: lm75 }, { name: b, sensor: lm75, address: 0x49 }]\n");
        map.Hardware[0x49] = new SimulatedWords();
        map.Hardware.Faults[0x48] = new BusException(BusReasons.Timeout, "It takes too long.");

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "timeout"), await map.ReadAsync("a"));
            Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("b"));
        }

        Assert.Equal(1, map.Hardware.Opened);
    }

    [Fact]
    public async Task A_kernel_that_does_not_come_back_holds_nobody()
    {
        var time = new ManualTimeProvider();
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: a, sensor: lm75 }]\n", time);
        map.Hardware[0x48] = new SimulatedWords();
        using var returns = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        map.Hardware.OnTransfer = () =>
        {
            entered.Set();
            returns.Wait(TimeSpan.FromMinutes(1));
        };

        var read = map.ReadAsync("a");
        Assert.True(entered.Wait(TimeSpan.FromSeconds(30)));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(new ReadOutcome(ReadStatus.BusFailed, "bus-hung"), await read.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(new ReadOutcome(ReadStatus.BusFailed, "bus-hung"), await map.ReadAsync("a").WaitAsync(TimeSpan.FromSeconds(30)));

        map.Hardware.OnTransfer = null;
        returns.Set();
        await Eventually.TrueAsync(async () => (await map.ReadAsync("a")).Status == ReadStatus.Answered);
        Assert.Equal(2, map.Hardware.Opened);
    }

    [Fact]
    public async Task A_measurement_is_begun_before_its_read_is_due()
    {
        var time = new ManualTimeProvider();
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: a, sensor: sht4x, every: 1 s }]\n", time);
        var sensor = new SimulatedCommands(ShtAnswers, time, TimeSpan.FromMilliseconds(8.3));
        map.Hardware[0x44] = sensor;
        var reader = map.Reader("a");

        // The first read waits for the sensor.
        var first = reader.ReadAsync(map.Sink, CancellationToken.None).AsTask();
        await Eventually.TrueAsync(() => sensor.Commands.Count == 1);
        await PassAsync(time, () => first.IsCompleted);
        Assert.Equal(ReadOutcome.Answered, await first);

        // The second finds the value there, as old as a measurement is.
        time.Advance(TimeSpan.FromMilliseconds(980));
        await PassAsync(time, () => sensor.Commands.Count == 2);
        await PassAsync(time, () => map.Hardware.Transactions == 4);
        var before = time.GetUtcNow();
        var second = reader.ReadAsync(map.Sink, CancellationToken.None).AsTask();
        Assert.Equal(ReadOutcome.Answered, await second.WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Equal(4, map.Hardware.Transactions);
        // An eighth of the period is given to what may hold the bus up: where nothing does, the value lies ready for as long.
        Assert.InRange(map.Sink["temperature"].Time, before - TimeSpan.FromMilliseconds(20 + 125), before);
    }

    [Fact]
    public async Task A_value_that_was_measured_too_early_is_measured_again()
    {
        var time = new ManualTimeProvider();
        await using var map = new I2cMap("bus: { i2c: 1 }\ndevices: [{ name: a, sensor: sht4x, every: 1 s }]\n", time);
        var sensor = new SimulatedCommands(ShtAnswers, time, TimeSpan.FromMilliseconds(8.3));
        map.Hardware[0x44] = sensor;
        var reader = map.Reader("a");
        var first = reader.ReadAsync(map.Sink, CancellationToken.None).AsTask();
        await PassAsync(time, () => first.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(980));
        await PassAsync(time, () => map.Hardware.Transactions == 4);

        time.Advance(TimeSpan.FromSeconds(3));
        var late = reader.ReadAsync(map.Sink, CancellationToken.None).AsTask();
        await PassAsync(time, () => late.IsCompleted);

        Assert.Equal(3, sensor.Commands.Count);
        Assert.InRange(map.Sink["temperature"].Time, time.GetUtcNow() - TimeSpan.FromMilliseconds(50), time.GetUtcNow());
    }

    // Lets a clock that stands go on a little at a time, and gives the other threads time to follow: what waits for no longer than
    // it says must not seem late because the machine is busy.
    private static async Task PassAsync(ManualTimeProvider time, Func<bool> isSo)
    {
        var polls = 0;
        await Eventually.TrueAsync(() =>
        {
            if (polls++ % 10 == 9 && !isSo())
            {
                time.Advance(TimeSpan.FromMilliseconds(1));
            }

            return isSo();
        });
    }
}
