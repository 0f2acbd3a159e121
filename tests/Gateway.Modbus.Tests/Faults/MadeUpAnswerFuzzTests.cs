using System.Buffers.Binary;
using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Faults;

/// <summary>
/// A device, or somebody on its line, that makes up frames before its answers, in pieces and with pauses, in simulated time: none of
/// another transaction, unit, function or length is taken for an answer, each request comes to an end, and the next sound answer is taken.
/// </summary>
public sealed class MadeUpAnswerFuzzTests
{
    private const int Rounds = 400;

    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromMilliseconds(200);

    // Waited for, drained after, held back for one that may be late, and its own time-out.
    private static readonly TimeSpan MaxDuration = 6 * ResponseTimeout;

    private static readonly ModbusUnit Unit = new(1);

    [Theory]
    [InlineData(ModbusFraming.Tcp, 1, 1)]
    [InlineData(ModbusFraming.Tcp, 8, 2)]
    [InlineData(ModbusFraming.Rtu, 1, 3)]
    [InlineData(ModbusFraming.Rtu, 1, 4)]
    [InlineData(ModbusFraming.Ascii, 1, 5)]
    public void No_frame_that_is_not_the_answer_is_taken(ModbusFraming framing, int inFlight, int seed)
    {
        var time = new ManualTimeProvider();
        SingleThread.Run(time, () => false, () => RunAsync(time, framing, inFlight, new Random(seed)));
    }

    private static async Task RunAsync(ManualTimeProvider time, ModbusFraming framing, int inFlight, Random random)
    {
        var device = new Device(time, framing, random);
        var (taken, asked) = (0, 0);
        await using (var client = new ModbusClient(
            _ => new(device.Connect()), new() { Framing = framing, ResponseTimeout = ResponseTimeout, MaxInFlight = inFlight }, time))
        {
            await Task.WhenAll(Enumerable.Range(0, inFlight).Select(async _ =>
            {
                while (asked < Rounds * Fuzz.Factor)
                {
                    asked++;
                    var began = time.GetTimestamp();
                    var isTaken = await AskAsync(client, random);
                    taken += isTaken ? 1 : 0;
                    Assert.True(time.GetElapsedTime(began) < MaxDuration);
                }
            }));
            Assert.True(taken > asked / 20, $"{taken} answers of {asked} are too few to show anything.");

            // Over TCP a connection that was told nonsense is another one then; on a line what is late has to come first.
            device.IsSound = true;
            await AskAsync(client, random);
            await AskAsync(client, random);
            Assert.True(await AskAsync(client, random));
        }

        await device.DisposeAsync();
    }

    // Whether it was answered: the value of a register is its address.
    private static async Task<bool> AskAsync(ModbusClient client, Random random)
    {
        var registers = new ushort[random.Next(1, 20)];
        var address = (ushort)random.Next(1, 1000);
        try
        {
            var result = await client.ReadRegistersAsync(Unit, ModbusTable.HoldingRegisters, address, registers);
            Assert.Equal(result.IsSuccess ? Enumerable.Range(address, registers.Length).Select(each => (ushort)each) : new ushort[registers.Length], registers);
            Assert.NotEqual(ModbusStatus.Exception, result.Status);
            return result.IsSuccess;
        }
        catch (ModbusTransportException)
        {
            return false;
        }
    }

    /// <summary>Answers by what it makes up, then mostly by what was asked.</summary>
    private sealed class Device(ManualTimeProvider time, ModbusFraming framing, Random random) : IAsyncDisposable
    {
        private readonly MadeUpFrames _made = new(framing, random);
        private readonly List<Task> _answering = [];
        private FaultyWire? _wire;

        public bool IsSound { get; set; }

        public FaultyWire.End Connect()
        {
            _wire = new(time, random, new(), new());
            _answering.Add(AnswerAsync(_wire.Server));
            return _wire.Client;
        }

        public async ValueTask DisposeAsync()
        {
            if (_wire is not null)
                await _wire.Server.DisposeAsync();
            await Task.WhenAll(_answering);
        }

        private async Task AnswerAsync(Stream stream)
        {
            var received = new byte[8 * MbapHeader.MaxFrameLength];
            var length = 0;
            while (await stream.ReadAsync(received.AsMemory(length)) is var count and > 0)
            {
                length += count;

                // As many at a time as have come: the client sends several in one piece.
                while (Take(received, ref length) is var (number, pdu))
                {
                    byte[] bytes = IsSound ? Sound(number, pdu) : [.. Enumerable.Range(0, random.Next(4)).SelectMany(_ => Other(number, pdu)), .. random.Next(4) > 0 ? Sound(number, pdu) : []];
                    foreach (var piece in IsSound ? [bytes] : _made.Split(bytes))
                    {
                        await stream.WriteAsync(piece).AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                        if (!IsSound && random.Next(10) == 0)
                            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 20)), time);
                    }
                }
            }
        }

        // The client's own requests are whole and sound.
        private (ushort Number, byte[] Pdu)? Take(byte[] received, ref int length)
        {
            var pdu = new byte[5];
            var frameLength = framing == ModbusFraming.Tcp ? MbapHeader.Length + pdu.Length : SerialFraming.Of(framing).FrameLength(pdu.Length);
            if (length < frameLength)
                return null;

            if (framing == ModbusFraming.Tcp)
                received.AsSpan(MbapHeader.Length, pdu.Length).CopyTo(pdu);
            else
                Assert.Equal(FrameStatus.Whole, SerialFraming.Of(framing).Read(received.AsSpan(0, length), PduLength.OfRequest, pdu, out _));
            var number = BinaryPrimitives.ReadUInt16BigEndian(received);
            received.AsSpan(frameLength, length - frameLength).CopyTo(received);
            length -= frameLength;
            return (number, pdu);
        }

        private byte[] Sound(ushort number, byte[] request) => _made.Frame(Unit.Id, number, Answer(request, bogus: 0));

        // What is not the answer, and has other values.
        private byte[] Other(ushort number, byte[] request)
        {
            var answer = Answer(request, bogus: 0x4000);
            switch (random.Next(framing == ModbusFraming.Tcp ? 5 : 4))
            {
                case 0:
                    return _made.Frame((byte)(Unit.Id + random.Next(1, 256)), number, answer);
                case 1:
                    return _made.Frame(Unit.Id, number, [4, .. answer[1..]]);
                case 2:
                    // Another length, in its count and in itself.
                    return _made.Frame(Unit.Id, number, [3, (byte)(answer[1] + 2), .. answer[2..], 0x40, 0x40]);
                case 3:
                    return framing == ModbusFraming.Tcp && random.Next(4) > 0 ? _made.Frame(Unit.Id, (ushort)(number + 1000), answer) : _made.Noise(60);
                default:
                    return random.Next(20) == 0 ? _made.Broken() : _made.Frame(Unit.Id, (ushort)(number + 1000), _made.Pdu());
            }
        }

        private static byte[] Answer(byte[] request, int bogus)
        {
            var count = BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(3));
            var address = BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(1));
            var answer = new byte[2 + 2 * count];
            (answer[0], answer[1]) = (3, (byte)(2 * count));
            for (var i = 0; i < count; i++)
                BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(2 + 2 * i), (ushort)(address + i + bogus));
            return answer;
        }
    }
}
