using System.Diagnostics;
using System.Globalization;

namespace Gateway.Storage.Tests.Points;

/// <summary>The process is killed while it counts, again and again.</summary>
public class PointKillTests
{
    private const int MaxLossMilliseconds = 3000;

    [Fact]
    public async Task A_kill_costs_no_more_than_the_interval_and_no_count_goes_back_beyond_it()
    {
        using var folder = new TemporaryFolder();
        var before = await CountAndKillAsync(folder);
        Assert.Equal(0, before[0].Restored);
        for (var kill = 0; kill < 2; kill++)
        {
            var after = await CountAndKillAsync(folder);
            var killedAt = before[^1].Milliseconds;
            var least = before.Last(count => count.Milliseconds <= killedAt - MaxLossMilliseconds).Count;
            Assert.InRange(after[0].Restored, least, before[^1].Count + 1);
            before = after;
        }
    }

    private static async Task<List<(decimal Restored, decimal Count, long Milliseconds)>> CountAndKillAsync(string folder)
    {
        var host = Path.Combine(AppContext.BaseDirectory, "Gateway.Storage.CrashHost.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", host, folder, "points"]) { RedirectStandardOutput = true })!;
        var counts = new List<(decimal Restored, decimal Count, long Milliseconds)>();
        var isKilled = false;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var numbers = line.Split(' ').Select(text => decimal.Parse(text, CultureInfo.InvariantCulture)).ToArray();
            counts.Add((numbers[0], numbers[1], (long)numbers[2]));
            if (!isKilled && counts[^1].Milliseconds - counts[0].Milliseconds > MaxLossMilliseconds + 1500)
            {
                isKilled = true;
                process.Kill(); // SIGKILL; what is in the pipe is read all the same
            }
        }

        await process.WaitForExitAsync();
        return counts;
    }
}
