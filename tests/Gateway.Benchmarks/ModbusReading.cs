using System.Globalization;
using Gateway.Modbus.Client;
using Gateway.Modbus.Pdu;
using Gateway.Shared;

namespace Gateway.Benchmarks;

/// <summary>
/// <c>modbus PORT COUNT WINDOW</c>: reads 125 registers over and over on one connection, with so many requests under way. Prints requests per
/// second, CPU time per request in microseconds, and bytes allocated per request, all threads together.
/// </summary>
internal static class ModbusReading
{
    private const int Registers = 125;

    public static async Task RunAsync(string[] arguments)
    {
        var numbers = Array.ConvertAll(arguments, text => int.Parse(text, CultureInfo.InvariantCulture));
        var (port, count, window) = (numbers[0], numbers[1], numbers[2]);
        await using var client = new ModbusClient(
            async cancellationToken => await SocketStream.ConnectAsync("127.0.0.1", port, cancellationToken),
            new ModbusClientOptions { MaxInFlight = window });

        // Until the compiler has seen what is hot.
        await ReadAsync(client, count, window);
        var cpu = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var start = TimeProvider.System.GetTimestamp();
        await ReadAsync(client, count, window);
        var elapsed = TimeProvider.System.GetElapsedTime(start);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{count / elapsed.TotalSeconds:0} {cpu.TotalMicroseconds / count:0.00} {(double)allocated / count:0.00}"));
    }

    private static Task ReadAsync(ModbusClient client, int count, int window) =>
        Task.WhenAll(Enumerable.Range(0, window).Select(_ => ReadOneAfterTheOtherAsync(client, count / window)));

    private static async Task ReadOneAfterTheOtherAsync(ModbusClient client, int count)
    {
        var registers = new ushort[Registers];
        for (var i = 0; i < count; i++)
        {
            var result = await client.ReadRegistersAsync(new ModbusUnit(1), ModbusTable.HoldingRegisters, 0, registers);
            if (!result.IsSuccess || registers[^1] != Registers - 1)
            {
                throw new InvalidOperationException($"A read failed: {result}.");
            }
        }
    }
}
