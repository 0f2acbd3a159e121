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

    // Answers from the makers' documents: SCD4x datasheet §3.8.2, Interface Description SCD30 §1.4.9; words of SHT chips with the checksum of table 20's example.
    [Theory]
    [InlineData(0x44, "F32D", "8010E1", "sht3x")]
    [InlineData(0x45, "89", "BEEF92BEEF92", "sht4x")]
    [InlineData(0x46, "89", "BEEF92BEEF92", "sht4x")]
    [InlineData(0x61, "D100", "0342F3", "scd30")]
    [InlineData(0x62, "E4B8", "8000A2", "scd4x")]
    [InlineData(0x40, "E7", "02", "htu21, si7021")]
    [InlineData(0x58, "202F", "002265", "SGP30")]
    [InlineData(0x77, "A2", "9CBF", "MS5611")]
    public void Chips_that_acknowledge_no_read_before_a_command_are_found(int address, string command, string answer, string expected)
    {
        var bus = new SimulatedI2cBus().Open();
        bus[address] = new CommandsOnly(command, Convert.FromHexString(answer));

        var find = Assert.Single(new I2cScanner(bus, asksByCommands: true).Scan(_ => { }, CancellationToken.None));

        Assert.Equal(address, find.Address);
        if (find.Recognised is not null)
        {
            Assert.Equal(expected, find.Recognised);
            Assert.Equal([expected], find.Candidates);
        }
        else
        {
            Assert.Equal($"perhaps {expected}", find.Description);
            Assert.All(find.Candidates, candidate => Assert.Contains(candidate, expected, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_damaged_answer_is_no_chip()
    {
        var bus = new SimulatedI2cBus().Open();
        bus[0x44] = new CommandsOnly("F32D", [0x80, 0x10, 0xE2]);

        Assert.Empty(new I2cScanner(bus, asksByCommands: true).Scan(_ => { }, CancellationToken.None));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Where_nobody_acknowledges_commands_are_sent_at_few_addresses_only_and_none_unless_asked_for(bool asksByCommands)
    {
        var bus = new SimulatedI2cBus().Open();
        var chips = Enumerable.Range(I2cScanner.First, I2cScanner.Last - I2cScanner.First + 1).ToDictionary(address => address, _ => new CommandsOnly("", []));
        foreach (var (address, chip) in chips)
        {
            bus[address] = chip;
        }

        Assert.Empty(new I2cScanner(bus, asksByCommands).Scan(_ => { }, CancellationToken.None));

        int[] asked = asksByCommands ? [0x40, 0x44, 0x45, 0x46, 0x58, 0x59, 0x61, 0x62, 0x76, 0x77] : [];
        Assert.Equal(asked, chips.Where(pair => pair.Value.Commands.Count > 0).Select(pair => pair.Key));
        Assert.Equal(asksByCommands ? ["F32D", "89"] : [], chips[0x44].Commands);
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

        new I2cScanner(bus, asksByCommands: true).Scan(_ => { }, CancellationToken.None);

        // A register's number is one byte; to a PCF8574 or PCF8591 one byte is data, and to a PCA9685 the second is.
        Assert.All(chips, pair => Assert.True(pair.chip.LongestWrite <= (pair.address is >= 0x20 and <= 0x27 or >= 0x38 and <= 0x3F or >= 0x48 and <= 0x4F ? 0 : 1), $"0x{pair.address:x2} was written to"));
    }

    [Fact]
    public void A_multiplexer_keeps_its_channels()
    {
        var bus = new SimulatedI2cBus().Open();
        var mux = new SimulatedMux { Channels = 0x04 };
        bus[0x77] = mux;

        Assert.Null(Assert.Single(new I2cScanner(bus).Scan(_ => { }, CancellationToken.None)).Recognised);
        Assert.Equal(0x04, mux.Channels);
    }

    [Fact]
    public void A_bus_on_which_nothing_is_in_time_is_given_up()
    {
        var bus = new SimulatedI2cBus().Open();
        bus.Fault = new BusException(BusReasons.Timeout, "It takes too long.");

        Assert.Equal(BusReasons.BusStuck, Assert.Throws<BusException>(() => new I2cScanner(bus).Scan(_ => { }, CancellationToken.None)).Reason);
        Assert.Equal(3, bus.Transactions);
    }

    /// <summary>A chip that acknowledges a read only once it has an answer, a few tries after its command, and gives that once.</summary>
    private sealed class CommandsOnly(string command, byte[] answer) : ISimulatedChip
    {
        private int _reads = int.MinValue;

        public List<string> Commands { get; } = [];

        public bool Write(ReadOnlySpan<byte> bytes)
        {
            Commands.Add(Convert.ToHexString(bytes));
            _reads = Commands[^1] == command ? 0 : int.MinValue;
            return true;
        }

        public bool Read(Span<byte> bytes)
        {
            if (++_reads <= 20)
            {
                return false;
            }

            _reads = int.MinValue;
            answer.CopyTo(bytes);
            return true;
        }
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
