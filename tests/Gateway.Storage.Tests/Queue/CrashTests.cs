using System.Diagnostics;
using System.Globalization;
using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Storage.Tests.Queue;

/// <summary>The process is killed while it fills the queue, again and again.</summary>
public class CrashTests
{
    private const int Kills = 5;

    [Fact]
    public async Task With_max_loss_none_no_accepted_record_is_lost()
    {
        using var folder = new TemporaryFolder();
        var accepted = new List<(int Boot, long Sequence, long Milliseconds)>();
        for (var kill = 0; kill < Kills; kill++)
        {
            accepted.AddRange(await RunAndKillAsync(folder, maxLossMilliseconds: 0));
        }

        var stored = await ReadAllAsync(folder);

        Assert.Equal(Enumerable.Range(stored[0].Boot, Kills), stored.Select(record => record.Boot).Distinct());
        Assert.Equal(stored.Distinct(), stored);
        Assert.Equal(stored.Order(), stored);
        Assert.Empty(accepted.Select(record => (record.Boot, record.Sequence)).Except(stored));
    }

    [Fact]
    public async Task With_an_interval_only_records_of_the_last_interval_are_lost()
    {
        // Half of it is left for the disk, which may be that of a loaded machine.
        const int maxLoss = 3000;
        using var folder = new TemporaryFolder();
        for (var kill = 0; kill < 2; kill++)
        {
            var accepted = await RunAndKillAsync(folder, maxLoss);
            var stored = (await ReadAllAsync(folder)).ToHashSet();
            var killedAt = accepted[^1].Milliseconds;
            Assert.Empty(accepted.Where(record => record.Milliseconds < killedAt - maxLoss).Select(record => (record.Boot, record.Sequence)).Except(stored));
        }
    }

    /// <summary>
    /// After a sync that failed Linux takes what did not reach the disk for written, and the next to open the file reads it still: what is accepted behind such a gap
    /// must not be lost with it when the power is cut.
    /// </summary>
    [PeerTheory(Peer.Compiler)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_max_loss_none_what_is_accepted_after_a_failed_sync_outlives_a_power_cut(bool isKilledBetween)
    {
        using var folder = new TemporaryFolder();
        await using var disk = await UnsyncedDisk.CreateAsync(folder, seed: 1);
        var host = StartHost(folder, disk);
        await Eventually.TrueAsync(() => AcceptedBy(host).Count > 20, () => host.Output);
        var before = AcceptedBy(host);
        disk.IsForgetful = true;
        await host.WaitForLineContainingAsync("fails (I/O error");
        disk.IsForgetful = false;
        if (isKilledBetween)
        {
            await host.DisposeAsync();
            host = StartHost(folder, disk);
        }
        else
        {
            await Eventually.TrueAsync(() => host.Output.Split('\n').Count(line => line == "nothing") == 2, () => host.Output);
        }

        var enough = AcceptedBy(host).Count + 20;
        await Eventually.TrueAsync(() => AcceptedBy(host).Count > enough, () => host.Output);
        await host.DisposeAsync();
        disk.Cut(isUnsyncedLost: true);

        var stored = await ReadAllAsync(folder);
        Assert.Empty(before.Union(AcceptedBy(host)).Except(stored));
        Assert.Equal(stored.Distinct().Order(), stored);
    }

    private static PeerProcess StartHost(string folder, UnsyncedDisk disk) => PeerProcess.Start(
        "dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "Gateway.Storage.CrashHost.dll"), folder, "0", "trouble"], environment: new(disk.Environment));

    private static List<(int Boot, long Sequence)> AcceptedBy(PeerProcess host) =>
    [
        .. host.Output.Split('\n').Where(line => line.Length > 0 && char.IsAsciiDigit(line[0])).Select(line => line.Split(' '))
            .Select(numbers => (int.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture))),
    ];

    private static async Task<List<(int Boot, long Sequence, long Milliseconds)>> RunAndKillAsync(string folder, int maxLossMilliseconds)
    {
        var host = Path.Combine(AppContext.BaseDirectory, "Gateway.Storage.CrashHost.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", host, folder, $"{maxLossMilliseconds}"]) { RedirectStandardOutput = true })!;
        var accepted = new List<(int, long, long)>();
        var enough = Random.Shared.Next(200, 3000);
        var least = maxLossMilliseconds * 2; // at least two intervals
        long? began = null;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var numbers = line.Split(' ');
            var record = (int.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture), long.Parse(numbers[2], CultureInfo.InvariantCulture));
            accepted.Add(record);
            began ??= record.Item3;
            if (accepted.Count >= enough && record.Item3 - began >= least && !process.HasExited)
            {
                process.Kill(); // SIGKILL; what is in the pipe is read all the same
                enough = int.MaxValue;
            }
        }

        await process.WaitForExitAsync();
        Assert.NotEmpty(accepted);
        return accepted;
    }

    private static async Task<List<(int Boot, long Sequence)>> ReadAllAsync(string folder)
    {
        // Beside the queue that is examined, so that examining does not count as a boot.
        using var copy = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(folder, "queue.db*").Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        await using var queue = await OfflineQueue.OpenAsync(new QueueOptions { Folder = copy }, new Nobody(), TimeProvider.System, NullLogger<OfflineQueue>.Instance);
        await Eventually.TrueAsync(() => queue.GetStatistics().Health == QueueHealth.Healthy);
        var records = new List<(int, long)>();
        var buffer = new QueueRecord[1000];
        while (queue.GetStatistics().Depth > 0)
        {
            var count = await queue.Readers[0].ReadAsync(buffer, default);
            foreach (var record in buffer.AsSpan(0, count))
            {
                records.Add((record.Boot, record.Sequence));
                queue.Readers[0].Acknowledge(record.Position);
            }
        }

        return records;
    }

    private sealed class Nobody : IQueueObserver
    {
        public void Accepted(QueueRecord record)
        {
        }
    }
}
