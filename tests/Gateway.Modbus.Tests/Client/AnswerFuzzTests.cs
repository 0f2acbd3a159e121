using System.Buffers.Binary;
using Gateway.Modbus.Client;
using Gateway.Modbus.Pdu;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Client;

/// <summary>Whole frames of Modbus TCP whose content is made up, as answers: each is taken or refused, and the next sound one is taken.</summary>
public sealed class AnswerFuzzTests
{
    private const int HeaderBytes = 7;
    private const int MaxPduBytes = 253;

    // What a sound device answers to the requests below, MODBUS Application Protocol 1.1b3 §6; an exception is an answer to each.
    private static readonly (Func<ModbusClient, Task<ModbusResult>> Ask, byte[] Answer)[] Requests =
    [
        (client => client.ReadBitsAsync(new(1), ModbusTable.Coils, 0, new bool[10]).AsTask(), [1, 2, 0xCD, 1]),
        (client => client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 0, new ushort[3]).AsTask(), [3, 6, 0, 1, 0, 2, 0, 3]),
        (client => client.WriteCoilAsync(new(1), 1, true).AsTask(), [5, 0, 1, 0xFF, 0]),
        (client => client.WriteRegistersAsync(new(1), 1, new ushort[] { 10, 258 }).AsTask(), [16, 0, 1, 0, 2]),
        (client => client.MaskWriteRegisterAsync(new(1), 4, 0xF2, 0x25).AsTask(), [22, 0, 4, 0, 0xF2, 0, 0x25]),
        (client => client.ReadWriteRegistersAsync(new(1), 14, new ushort[] { 255 }, 3, new ushort[3]).AsTask(), [23, 6, 0, 1, 0, 2, 0, 3]),
        (async client => (await client.ReadFifoAsync(new(1), 0x4DE, new ushort[31])).Result, [24, 0, 8, 0, 3, 0, 1, 0, 2, 0, 3]),
        (client => client.ReadFileAsync(new(1), 1, 0, new ushort[2]).AsTask(), [20, 6, 5, 6, 0, 1, 0, 2]),
        (async client => (await client.ReadExceptionStatusAsync(new(1))).Result, [7, 0x6D]),
        (client => client.EchoAsync(new(1), 0xA537).AsTask(), [8, 0, 0, 0xA5, 0x37]),
        (async client => (await client.ReportServerIdAsync(new(1))).Result, [17, 3, 1, 0xFF, 65]),
        (async client => (await client.ReadIdentificationAsync(new(1))).Result, [43, 14, 1, 1, 0, 0, 2, 0, 3, 65, 66, 67, 1, 2, 88, 89]),
        (client => client.ReadRegistersAsync(new(1), ModbusTable.InputRegisters, 0, new ushort[1]).AsTask(), [0x84, 2]),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Each_is_an_end_of_its_request(int seed)
    {
        var random = new Random(seed);
        var (near, far) = DuplexStream.Create();
        byte[] answer = [];
        using var stop = new CancellationTokenSource();
        var answering = AnswerAsync(far, () => answer, stop.Token);
        var isOpened = false;
        await using (var client = new ModbusClient(
            _ =>
            {
                Assert.False(isOpened, "whole frames break no connection");
                isOpened = true;
                return new(near);
            },
            new() { ResponseTimeout = TimeSpan.FromSeconds(30) }))
        {
            for (var round = 0; round < 1_000 * Fuzz.Factor; round++)
            {
                var (ask, sound) = Requests[random.Next(Requests.Length)];
                var made = Fuzz.Mutate(sound, random);
                answer = made.Length == 0 ? [0] : made[..Math.Min(made.Length, MaxPduBytes)];
                var result = await ask(client);
                Assert.NotEqual(ModbusStatus.Timeout, result.Status);

                // A device may refuse with a code that there is not, 0 among them.
                Assert.True(result.Status == ModbusStatus.Exception || result.ExceptionCode == ExceptionCode.None);
            }

            foreach (var (ask, sound) in Requests)
            {
                answer = sound;
                Assert.Equal(sound[0] < 0x80 ? ModbusStatus.Success : ModbusStatus.Exception, (await ask(client)).Status);
            }
        }

        await stop.CancelAsync();
        await answering;
    }

    private static async Task AnswerAsync(DuplexStream far, Func<byte[]> answer, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var header = new byte[HeaderBytes];
                await far.ReadExactlyAsync(header, cancellationToken);
                await far.ReadExactlyAsync(new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(4)) - 1], cancellationToken);
                var pdu = answer();
                BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)(pdu.Length + 1));
                await far.WriteAsync((byte[])[.. header, .. pdu], cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or EndOfStreamException)
        {
            // The test has ended.
        }
    }
}
