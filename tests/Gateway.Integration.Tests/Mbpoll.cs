using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>A second Modbus client at a server, also not ours: mbpoll. Addresses are zero-based.</summary>
internal static partial class Mbpoll
{
    /// <summary>Reads a holding register of unit 1.</summary>
    public static Task<int> ReadHoldingAsync(PymodbusServer server, int address) => ReadAsync(server, "4", address);

    /// <summary>Reads a coil of unit 1.</summary>
    public static async Task<bool> ReadCoilAsync(PymodbusServer server, int address) => await ReadAsync(server, "0", address) != 0;

    /// <summary>Writes a holding register of unit 1.</summary>
    public static async Task WriteHoldingAsync(PymodbusServer server, int address, int value) =>
        await PollAsync(server, "4", address, $"{value}");

    private static async Task<int> ReadAsync(PymodbusServer server, string table, int address)
    {
        var output = await PollAsync(server, table, address);
        var match = Value().Match(output);
        Assert.True(match.Success, output);
        return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private static async Task<string> PollAsync(PymodbusServer server, string table, int address, params string[] values)
    {
        await using var mbpoll = PeerProcess.Start(
            "mbpoll", ["-m", "tcp", "-p", $"{server.Port}", "-a", "1", "-0", "-t", table, "-r", $"{address}", "-1", "-o", "10", "127.0.0.1", .. values]);
        var exitCode = await mbpoll.WaitForExitAsync();
        Assert.True(exitCode == 0, mbpoll.Output);
        return mbpoll.Output;
    }

    [GeneratedRegex(@"^\[\d+\]:\s+(\d+)", RegexOptions.Multiline)]
    private static partial Regex Value();
}
