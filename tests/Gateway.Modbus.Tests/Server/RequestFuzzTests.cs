using System.Buffers.Binary;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Server;

/// <summary>Whole frames of Modbus TCP whose content is made up: each is answered, by what it asked for or by an exception, and the next is too.</summary>
public sealed class RequestFuzzTests
{
    private const int HeaderBytes = 7;
    private const int MaxPduBytes = 253;

    // One of each function that changes or gives something, MODBUS Application Protocol 1.1b3 §6.
    private static readonly byte[][] Requests =
    [
        [1, 0, 0, 0, 10], [2, 0, 0, 7, 208], [3, 0, 0, 0, 125], [4, 0, 1, 0, 2], [5, 0, 1, 0xFF, 0], [6, 0, 1, 0, 3], [7], [8, 0, 0, 1, 2], [11], [12],
        [15, 0, 0, 0, 10, 2, 0xCD, 1], [16, 0, 1, 0, 2, 4, 0, 10, 1, 2], [17], [20, 7, 6, 0, 1, 0, 0, 0, 2], [21, 9, 6, 0, 1, 0, 0, 0, 1, 1, 2], [22, 0, 4, 0, 0xF2, 0, 0x25],
        [23, 0, 3, 0, 6, 0, 1, 0, 1, 2, 0, 0xFF], [24, 4, 0xDE], [43, 14, 1, 0], [100, 1, 2, 3],
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Each_request_is_answered_once(int seed)
    {
        var random = new Random(seed);
        var memory = new ModbusMemory();
        memory.SetRegisters(ModbusTable.HoldingRegisters, 0, new ushort[100]);
        memory.SetRegisters(ModbusTable.InputRegisters, 0, new ushort[100]);
        memory.SetBits(ModbusTable.Coils, 0, new bool[100]);
        memory.SetBits(ModbusTable.DiscreteInputs, 0, new bool[100]);
        var (near, far) = DuplexStream.Create();
        using var stop = new CancellationTokenSource();
        var serving = new ModbusServer(new Dictionary<byte, IModbusDataStore> { [1] = memory }).ServeAsync(near, ModbusFraming.Tcp, stop.Token);

        for (var round = 0; round < 2_000 * Fuzz.Factor; round++)
        {
            var transaction = (ushort)round;
            var pdu = Fuzz.Mutate(Requests[random.Next(Requests.Length)], random);
            pdu = pdu.Length == 0 ? [0] : pdu[..Math.Min(pdu.Length, MaxPduBytes)];
            var frame = new byte[HeaderBytes + pdu.Length];
            BinaryPrimitives.WriteUInt16BigEndian(frame, transaction);
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(4), (ushort)(pdu.Length + 1));
            frame[6] = 1;
            pdu.CopyTo(frame, HeaderBytes);

            await far.WriteAsync(frame);
            var header = new byte[HeaderBytes];
            await far.ReadExactlyAsync(header).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(4)) - 1];
            await far.ReadExactlyAsync(answer).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

            Assert.Equal(transaction, BinaryPrimitives.ReadUInt16BigEndian(header));
            Assert.InRange(answer.Length, 2, MaxPduBytes);
            Assert.Equal(pdu[0] & 0x7F, answer[0] & 0x7F);
        }

        await stop.CancelAsync();
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }
}
