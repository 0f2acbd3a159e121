using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Client;

/// <summary>
/// A line that drops, flips, splits, doubles, delays and invents bytes, by seeds: no wrong value is taken for right,
/// and nothing hangs. Each register's value is its address, so that another request's answer shows.
/// </summary>
public sealed class FaultyLineTests
{
    private const int Transactions = 100;

    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromMilliseconds(200);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task No_wrong_value_passes(int seed)
    {
        var time = new ManualTimeProvider();
        var random = new Random(seed);
        var (near, far) = DuplexStream.Create();
        using var stop = new CancellationTokenSource();
        var device = RunDeviceAsync(far, time, new Random(seed + 1000), stop.Token);
        var options = new ModbusClientOptions { Framing = ModbusFraming.Rtu, ResponseTimeout = ResponseTimeout };
        await using var client = new ModbusClient(_ => new(near), options, time);
        var results = new Dictionary<ModbusStatus, int>();
        var register = new ushort[1];
        for (var i = 0; i < Transactions; i++)
        {
            var address = (ushort)random.Next(65536);
            var unit = new ModbusUnit((byte)random.Next(1, 4));
            var reading = client.ReadRegistersAsync(unit, ModbusTable.HoldingRegisters, address, register).AsTask();
            await time.AdvanceUntilAsync(TimeSpan.FromMilliseconds(10), () => reading.IsCompleted);

            var result = await reading;
            results[result.Status] = results.GetValueOrDefault(result.Status) + 1;
            if (result.IsSuccess)
                Assert.Equal(address, register[0]);
        }

        await stop.CancelAsync();
        await device;
        Assert.InRange(results[ModbusStatus.Success], Transactions / 3, Transactions - 1);
        Assert.DoesNotContain(ModbusStatus.Exception, results.Keys);
    }

    // Devices 1 to 3. A late answer comes within the client's window: later ones nobody can tell from right ones.
    private static async Task RunDeviceAsync(DuplexStream line, ManualTimeProvider time, Random random, CancellationToken stop)
    {
        var request = new byte[8];
        var late = new List<Task>();
        try
        {
            while (true)
            {
                await line.ReadExactlyAsync(request, stop);
                var answer = new byte[] { request[0], 3, 2, request[2], request[3], 0, 0 };
                RtuFrame.Close(answer, answer[0], 4);
                switch (random.Next(10))
                {
                    case 0:
                        break;
                    case 1:
                        await line.WriteAsync(answer.AsMemory(0, random.Next(1, answer.Length)), stop);
                        break;
                    case 2:
                        answer[random.Next(answer.Length)] ^= (byte)(1 << random.Next(8));
                        await line.WriteAsync(answer, stop);
                        break;
                    case 3:
                        await line.WriteAsync(new byte[] { 0x00, answer[0], 0xFF }, stop);
                        await line.WriteAsync(answer, stop);
                        break;
                    case 4:
                        late.Add(AnswerLaterAsync(line, time, answer, TimeSpan.FromMilliseconds(random.Next(1, 260)), stop));
                        break;
                    case 5:
                        await line.WriteAsync(answer.Concat(answer).ToArray(), stop);
                        break;
                    default:
                        var split = random.Next(answer.Length);
                        await line.WriteAsync(answer.AsMemory(0, split), stop);
                        await line.WriteAsync(answer.AsMemory(split), stop);
                        break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(late);
        }
    }

    private static async Task AnswerLaterAsync(DuplexStream line, ManualTimeProvider time, byte[] answer, TimeSpan delay, CancellationToken stop)
    {
        try
        {
            await Task.Delay(delay, time, stop);
            await line.WriteAsync(answer, stop);
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
