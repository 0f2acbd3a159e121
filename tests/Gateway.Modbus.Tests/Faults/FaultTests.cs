using System.Globalization;
using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace Gateway.Modbus.Tests.Faults;

/// <summary>
/// Transactions over wires that lose, flip, double, delay, split and cut at random, by seeds, in simulated time: no wrong
/// value is ever taken for right, and nothing hangs. Each value is its own address, so that another request's answer
/// shows. <c>GATEWAY_FAULT_TRANSACTIONS=1000000</c> goes on for so long.
/// </summary>
/// <remarks>
/// The faults are those that a checksum promises to find: up to three flipped bits in RTU, where CRC-16 finds every such
/// damage and lets one in 65,536 of any other through; one in ASCII, whose LRC finds no more for certain. TCP loses and
/// flips nothing: there frames come late, twice or not at all, and connections break. On lines without transaction ids an
/// answer comes late within the time that the client keeps the line free for it; nobody could tell a later one from a
/// right one.
/// </remarks>
public sealed class FaultTests(ITestOutputHelper output)
{
    private const int UsualTransactions = 20_000;
    private const int MaxRegisters = 20;

    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromMilliseconds(200);

    // There and back together within the response timeout and the time that the client waits for a late answer.
    private static readonly TimeSpan MaxDelay = 0.9 * ResponseTimeout;

    // The longest that a request takes: an answer that is waited for, drained after, and its own time-out.
    private static readonly TimeSpan MaxDuration = 6 * ResponseTimeout;

    private static readonly int Transactions = int.Parse(
        Environment.GetEnvironmentVariable("GATEWAY_FAULT_TRANSACTIONS") ?? UsualTransactions.ToString(CultureInfo.InvariantCulture),
        CultureInfo.InvariantCulture);

    private readonly ConnectionState _connection = new();

    [Fact]
    public void No_wrong_value_passes_over_RTU()
    {
        var faults = Serial(flippedBits: 3);
        Run(new() { Framing = ModbusFraming.Rtu, Timing = new(19200, 8, true, 1) }, faults with { Doubled = 0 }, faults, seed: 1);
    }

    [Fact]
    public void No_wrong_value_passes_over_RTU_over_TCP()
    {
        var faults = Serial(flippedBits: 3);
        Run(new() { Framing = ModbusFraming.Rtu }, faults with { Doubled = 0, Cut = 0.005 }, faults, seed: 2);
    }

    [Fact]
    public void No_wrong_value_passes_over_ASCII()
    {
        var faults = Serial(flippedBits: 1);
        Run(new() { Framing = ModbusFraming.Ascii, Timing = new(19200, 7, true, 1) }, faults with { Doubled = 0 }, faults, seed: 3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void No_wrong_value_passes_over_TCP(int inFlight)
    {
        var faults = new WireFaults { Lost = 0.02, Doubled = 0.05, Split = 0.1, Delayed = 0.05, MaxDelay = 3 * ResponseTimeout, Cut = 0.005 };
        Run(new() { Framing = ModbusFraming.Tcp, MaxInFlight = inFlight }, Whole(faults), faults, seed: 4 + inFlight);
    }

    private static WireFaults Serial(int flippedBits) => new()
    {
        Lost = 0.02,
        BytesLost = 0.03,
        BitsFlipped = 0.05,
        MaxFlippedBits = flippedBits,
        Noise = 0.03,
        Doubled = 0.02,
        Split = 0.05,
        Delayed = 0.03,
        MaxDelay = MaxDelay,
    };

    // Several requests in one write are several frames: to delay or to lose a write is to keep their order all the same.
    private static WireFaults Whole(WireFaults faults) => faults with { Split = 0, Delayed = 0 };

    private void Run(ModbusClientOptions options, WireFaults toServer, WireFaults toClient, int seed)
    {
        var time = new ManualTimeProvider();
        SingleThread.Run(time, () => _connection.IsClosing, () => RunAsync(time, options with { ResponseTimeout = ResponseTimeout }, toServer, toClient, new Random(seed)));
    }

    private async Task RunAsync(ManualTimeProvider time, ModbusClientOptions options, WireFaults toServer, WireFaults toClient, Random random)
    {
        var units = Enumerable.Range(1, 3).ToDictionary(id => (byte)id, IModbusDataStore (id) => new AddressUnit());
        var server = new ModbusServer(units, new() { Timing = options.Timing, IdleTimeout = Timeout.InfiniteTimeSpan }, time);
        using var stop = new CancellationTokenSource();
        var serving = new List<Task>();
        var results = new SortedDictionary<string, int>(StringComparer.Ordinal);
        await using (var client = new ModbusClient(
            _ =>
            {
                var wire = new FaultyWire(time, random, toServer, toClient);
                serving.RemoveAll(connection => connection.IsCompleted);
                serving.Add(server.ServeAsync(wire.Server, options.Framing, stop.Token));
                return new(wire.Client);
            },
            options,
            time,
            _connection))
        {
            var left = Transactions;
            await Task.WhenAll(Enumerable.Range(0, options.MaxInFlight).Select(async _ =>
            {
                while (left-- > 0)
                {
                    var began = time.GetTimestamp();
                    var result = await TransactAsync(client, random);
                    results[result] = results.GetValueOrDefault(result) + 1;

                    // Of several, others let time pass while one waits for the thread pool to close a connection.
                    Assert.True(options.MaxInFlight > 1 || time.GetElapsedTime(began) < MaxDuration, result);
                }
            }));
        }

        await stop.CancelAsync();
        await Task.WhenAll(serving);
        output.WriteLine(string.Join(", ", results.Select(result => $"{result.Key}: {result.Value}")));

        // Both ways are taken: without faults the test shows nothing, and without answers neither.
        Assert.InRange(results["success"], Transactions / 2, Transactions * 99 / 100);
        Assert.True(results["timeout"] > Transactions / 200);
    }

    private static async Task<string> TransactAsync(ModbusClient client, Random random)
    {
        var unit = new ModbusUnit((byte)random.Next(1, 4));
        var registers = new ushort[random.Next(1, MaxRegisters + 1)];
        var address = (ushort)random.Next(65536 - MaxRegisters);
        try
        {
            ModbusResult result;
            switch (random.Next(4))
            {
                case 0:
                    result = await client.WriteRegisterAsync(unit, address, address);
                    break;
                case 1:
                    result = await client.ReadRegistersAsync(unit, ModbusTable.InputRegisters, address, registers);
                    AssertAddresses(result, address, registers, flipped: 0xFFFF);
                    break;
                default:
                    result = await client.ReadRegistersAsync(unit, ModbusTable.HoldingRegisters, address, registers);
                    AssertAddresses(result, address, registers, flipped: 0);
                    break;
            }

            // A refusal that nobody gave would be a wrong answer too. A request may lose bytes so that its rest is one.
            Assert.True(result.Status != ModbusStatus.Exception || result.ExceptionCode == ExceptionCode.IllegalDataValue, result.ToString());
            return result.ToString();
        }
        catch (ModbusTransportException)
        {
            return "broken";
        }
    }

    private static void AssertAddresses(ModbusResult result, ushort address, ushort[] registers, ushort flipped)
    {
        for (var i = 0; i < registers.Length && result.IsSuccess; i++)
            Assert.Equal(address + i, registers[i] ^ flipped);
    }

    /// <summary>Learns from the client's log that a connection broke, until there is another.</summary>
    private sealed class ConnectionState : ILogger
    {
        public bool IsClosing { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            IsClosing = eventId.Name switch { "ConnectionClosed" => true, "ConnectionOpened" => false, _ => IsClosing };
    }

    /// <summary>Every register is its own address; of the input registers all bits are flipped.</summary>
    private sealed class AddressUnit : IModbusDataStore
    {
        public ValueTask<ExceptionCode> ReadBitsAsync(ModbusTable table, ushort address, Memory<bool> bits, CancellationToken cancellationToken) =>
            new(ExceptionCode.IllegalFunction);

        public ValueTask<ExceptionCode> ReadRegistersAsync(ModbusTable table, ushort address, Memory<ushort> registers, CancellationToken cancellationToken)
        {
            for (var i = 0; i < registers.Length; i++)
                registers.Span[i] = (ushort)((address + i) ^ (table == ModbusTable.InputRegisters ? 0xFFFF : 0));
            return new(ExceptionCode.None);
        }

        public ValueTask<ExceptionCode> WriteCoilsAsync(ushort address, ReadOnlyMemory<bool> values, CancellationToken cancellationToken) =>
            new(ExceptionCode.IllegalFunction);

        public ValueTask<ExceptionCode> WriteRegistersAsync(ushort address, ReadOnlyMemory<ushort> values, CancellationToken cancellationToken)
        {
            Assert.Equal(address, values.Span[0]);
            return new(ExceptionCode.None);
        }
    }
}
