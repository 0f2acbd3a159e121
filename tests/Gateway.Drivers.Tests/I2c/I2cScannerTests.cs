using Gateway.Abstractions.Buses;
using Gateway.Drivers.I2c;

namespace Gateway.Drivers.Tests.I2c;

public class I2cScannerTests
{
    [Fact]
    public void Chips_are_found_and_those_with_an_id_are_recognised()
    {
        var bus = new SimulatedI2cBus().Open();
        bus[0x76] = new SimulatedBosch(0x58);
        bus[0x77] = new SimulatedBosch(0x61); // a BME680
        bus[0x48] = new SimulatedWords();
        bus[0x18] = new SimulatedWords { Registers = { [6] = 0x0054, [7] = 0x0400 } };
        bus[0x13] = new SimulatedWords();
        bus.Faults[0x68] = new BusException(BusReasons.Busy, "A driver of the kernel has it.");

        var found = new I2cScanner(bus).Scan(_ => { }, CancellationToken.None);

        Assert.Equal([0x13, 0x18, 0x48, 0x68, 0x76, 0x77], found.Select(find => find.Address));
        Assert.Equal([null, "mcp9808", null, null, "bmp280", null], found.Select(find => find.Recognised));
        Assert.Equal("unknown", found[0].Description);
        Assert.Contains("lm75", found[2].Candidates);
        Assert.True(found[3].IsKernels);
        Assert.Equal("Bosch BMP280, temperature, pressure", found[4].Description);
        Assert.Contains("BME680", found[5].Description, StringComparison.Ordinal);
    }

    [Fact]
    public void No_data_is_written()
    {
        var bus = new SimulatedI2cBus().Open();
        var chips = Enumerable.Range(I2cScanner.First, I2cScanner.Last - I2cScanner.First + 1).Select(address => (address, chip: new WriteGuard())).ToList();
        foreach (var (address, chip) in chips)
        {
            bus[address] = chip;
        }

        new I2cScanner(bus).Scan(_ => { }, CancellationToken.None);

        // A register's number is one byte; to a PCF8574 one byte is data, and to a PCA9685 the second is.
        Assert.All(chips, pair => Assert.True(pair.chip.LongestWrite <= (pair.address is >= 0x20 and <= 0x27 or >= 0x38 and <= 0x3F ? 0 : 1), $"0x{pair.address:x2} was written to"));
    }

    [Fact]
    public void A_bus_on_which_nothing_is_in_time_is_given_up()
    {
        var bus = new SimulatedI2cBus().Open();
        bus.Fault = new BusException(BusReasons.Timeout, "It takes too long.");

        Assert.Equal(BusReasons.BusStuck, Assert.Throws<BusException>(() => new I2cScanner(bus).Scan(_ => { }, CancellationToken.None)).Reason);
        Assert.Equal(3, bus.Transactions);
    }

    private sealed class WriteGuard : ISimulatedChip
    {
        public int LongestWrite { get; private set; }

        public bool Write(ReadOnlySpan<byte> bytes)
        {
            LongestWrite = Math.Max(LongestWrite, bytes.Length);
            return true;
        }

        public bool Read(Span<byte> bytes) => true;
    }
}
