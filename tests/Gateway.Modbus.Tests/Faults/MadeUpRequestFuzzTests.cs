using System.Buffers.Binary;
using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Faults;

/// <summary>
/// Clients that make up frames, in pieces and with pauses, in simulated time: each gets the answers of the requests that were among its
/// bytes and no others, a sound request after them is served, and so is somebody else meanwhile.
/// </summary>
public sealed class MadeUpRequestFuzzTests
{
    private const int Rounds = 150;
    private const byte Unit = 1;

    /// <summary>After so long a silence nothing of what came before counts: twice what ends a frame of RTU, and more than in ASCII.</summary>
    private static readonly TimeSpan RtuSilence = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AsciiSilence = TimeSpan.FromMilliseconds(1100);

    private static readonly byte[] SoundRequest = [3, 0, 7, 0, 2];

    // Registers are their addresses.
    private static readonly byte[] SoundAnswer = [3, 4, 0, 7, 0, 8];

    [Theory]
    [InlineData(ModbusFraming.Tcp, 1)]
    [InlineData(ModbusFraming.Tcp, 2)]
    [InlineData(ModbusFraming.Rtu, 3)]
    [InlineData(ModbusFraming.Rtu, 4)]
    [InlineData(ModbusFraming.Ascii, 5)]
    [InlineData(ModbusFraming.Ascii, 6)]
    public void Each_request_is_answered_and_nothing_else(ModbusFraming framing, int seed)
    {
        var time = new ManualTimeProvider();
        SingleThread.Run(time, () => false, () => RunAsync(time, framing, new Random(seed)));
    }

    private static async Task RunAsync(ManualTimeProvider time, ModbusFraming framing, Random random)
    {
        var server = new ModbusServer(
            new Dictionary<byte, IModbusDataStore> { [Unit] = new AddressUnit() }, new() { IdleTimeout = Timeout.InfiniteTimeSpan }, time);
        using var stop = new CancellationTokenSource();
        var made = new MadeUpFrames(framing, random);
        var aside = new FaultyWire(time, random, new(), new());
        var serving = server.ServeAsync(aside.Server, framing, stop.Token);
        await using (var bystander = new ModbusClient(_ => new(aside.Client), new() { Framing = framing }, time))
        {
            for (var round = 0; round < Rounds * Fuzz.Factor; round++)
            {
                var wire = new FaultyWire(time, random, new(), new());
                var served = server.ServeAsync(wire.Server, framing, stop.Token);
                var answers = new List<byte>();
                var reading = ReadAsync(wire.Client, answers);
                byte[] bytes = [.. Enumerable.Range(0, random.Next(1, 8)).SelectMany(_ => made.Any())];
                foreach (var piece in made.Split(bytes))
                {
                    await wire.Client.WriteAsync(piece).AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                    if (random.Next(4) == 0)
                        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 120)), time);
                }

                await Task.Delay(framing == ModbusFraming.Ascii ? AsciiSilence : RtuSilence, time);
                await AssertIsServedAsync(bystander);
                if (framing == ModbusFraming.Tcp)
                    AssertEach(bytes, [.. answers], served.IsCompleted);
                else
                    await AssertSoundAsync(framing, made, wire.Client, bytes, answers, time);

                await wire.Client.DisposeAsync();
                await reading;
                await served;
                Assert.Equal(1, server.Connections);
            }
        }

        await stop.CancelAsync();
        await serving;
    }

    private static async Task AssertIsServedAsync(ModbusClient client)
    {
        var registers = new ushort[3];
        Assert.Equal(new(ModbusStatus.Success), await client.ReadRegistersAsync(new(Unit), ModbusTable.HoldingRegisters, 40, registers));
        Assert.Equal([40, 41, 42], registers);
    }

    private static async Task ReadAsync(Stream stream, List<byte> into)
    {
        var buffer = new byte[64];
        while (await stream.ReadAsync(buffer) is var count and > 0)
            into.AddRange(buffer[..count]);
    }

    // Up to the first header that is none each frame has its answer, in order; from there on nobody knows where the next begins.
    private static void AssertEach(byte[] sent, byte[] answers, bool isClosed)
    {
        var answer = 0;
        var at = 0;
        var mustClose = false;
        while (sent.Length - at >= 7 && !mustClose)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(sent.AsSpan(at + 4));
            mustClose = BinaryPrimitives.ReadUInt16BigEndian(sent.AsSpan(at + 2)) != 0 || length is < 2 or > 254;
            if (mustClose || sent.Length < at + 6 + length)
                break;

            Assert.True(answers.Length >= answer + 9, "a request has no answer");
            var answerLength = BinaryPrimitives.ReadUInt16BigEndian(answers.AsSpan(answer + 4));
            Assert.InRange(answerLength, 3, 254);
            Assert.Equal(sent[at..(at + 4)], answers[answer..(answer + 4)]);
            Assert.Equal(sent[at + 6], answers[answer + 6]);
            Assert.Equal(sent[at + 7] & 0x7F, answers[answer + 7] & 0x7F);
            answer += 6 + answerLength;
            at += 6 + length;
        }

        Assert.Equal(answer, answers.Length);
        Assert.Equal(mustClose, isClosed);
    }

    // Where frames begin is not told on a line: no answer is without a whole request somewhere, and none is to another unit.
    private static async Task AssertSoundAsync(ModbusFraming framing, MadeUpFrames made, Stream stream, byte[] sent, List<byte> answers, ManualTimeProvider time)
    {
        var requests = Find(framing, sent, PduLength.OfRequest, step: true);
        var answered = Find(framing, [.. answers], PduLength.OfResponse, step: false);
        Assert.Equal(answers.Count, answered.Sum(frame => frame.Length));
        foreach (var frame in answered)
        {
            Assert.Equal(Unit, frame.UnitId);
            Assert.True(requests.Remove(requests.First(request => request.UnitId == Unit && request.Function == (frame.Function & 0x7F))));
        }

        answers.Clear();
        await stream.WriteAsync(made.Frame(Unit, 0, SoundRequest));
        await Task.Delay(TimeSpan.FromMilliseconds(10), time);
        Assert.Equal(made.Frame(Unit, 0, SoundAnswer), answers);
    }

    private static List<(byte UnitId, byte Function, int Length)> Find(ModbusFraming framing, byte[] bytes, PduLengthRule lengthOf, bool step)
    {
        var serial = SerialFraming.Of(framing);
        var pdu = new byte[ModbusLimits.MaxPduLength];
        var found = new List<(byte UnitId, byte Function, int Length)>();
        for (var at = 0; at < bytes.Length;)
        {
            var isWhole = serial.Read(bytes.AsSpan(at), lengthOf, pdu, out var frame) == FrameStatus.Whole;
            if (isWhole)
                found.Add((frame.UnitId, (byte)(pdu[0] & 0x7F), frame.Length));
            at += isWhole && !step ? frame.Length : 1;
        }

        return found;
    }

    /// <summary>Every register is its own address; nothing can be written.</summary>
    private sealed class AddressUnit : IModbusDataStore
    {
        public ValueTask<ExceptionCode> ReadBitsAsync(ModbusTable table, ushort address, Memory<bool> bits, CancellationToken cancellationToken) =>
            new(ExceptionCode.None);

        public ValueTask<ExceptionCode> ReadRegistersAsync(ModbusTable table, ushort address, Memory<ushort> registers, CancellationToken cancellationToken)
        {
            for (var i = 0; i < registers.Length; i++)
                registers.Span[i] = (ushort)(address + i);
            return new(ExceptionCode.None);
        }

        public ValueTask<ExceptionCode> WriteCoilsAsync(ushort address, ReadOnlyMemory<bool> values, CancellationToken cancellationToken) =>
            new(ExceptionCode.None);

        public ValueTask<ExceptionCode> WriteRegistersAsync(ushort address, ReadOnlyMemory<ushort> values, CancellationToken cancellationToken) =>
            new(ExceptionCode.None);
    }
}
