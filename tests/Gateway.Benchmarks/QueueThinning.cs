using System.Globalization;
using Gateway.Storage.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>
/// <c>thinning [MB [POINTS [FOLDER]]]</c>: how long a hundred records take to their acceptance (<c>max-loss: none</c>) in a queue that has room, and in
/// one that is full and thins out, or drops the oldest; each batch of the next points in turn. Prints the median, the 99th percentile
/// and the longest, ms.
/// </summary>
internal sealed class QueueThinning : IQueueObserver
{
    private const int BatchRecords = 100;
    private const int BodyBytes = 100;
    private const int Batches = 3000;

    private readonly SemaphoreSlim _accepted = new(0);
    private long _sequence;

    void IQueueObserver.Accepted(QueueRecord record)
    {
        if (record.Sequence % BatchRecords == 0)
        {
            _accepted.Release();
        }
    }

    public static async Task RunAsync(string[] arguments)
    {
        var megabytes = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 200;
        var points = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 3000;
        var parent = arguments.Length > 2 ? arguments[2] : Directory.GetCurrentDirectory();
        Console.WriteLine("| policy | room | median, ms | 99 %, ms | longest, ms | dropped |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var policy in new[] { FullPolicy.ThinOut, FullPolicy.DropOldest })
        {
            var folder = Path.Combine(parent, $"gateway-thinning-{Environment.ProcessId}");
            try
            {
                await new QueueThinning().MeasureAsync(folder, policy, megabytes * 1_000_000L, points);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private async Task MeasureAsync(string folder, FullPolicy policy, long bytes, int points)
    {
        var options = new QueueOptions { Folder = folder, MaxSizeBytes = bytes, WhenFull = policy, MaxLoss = TimeSpan.Zero };
        await using var queue = await OfflineQueue.OpenAsync(options, this, TimeProvider.System, NullLogger<OfflineQueue>.Instance);
        await MeasureAsync(queue, policy, "enough", points);
        while (queue.GetStatistics() is { Dropped: 0 } or { Unwritten: > 10_000 })
        {
            await AppendAsync(queue, points);
        }

        await MeasureAsync(queue, policy, "none", points);
    }

    private async Task MeasureAsync(OfflineQueue queue, FullPolicy policy, string room, int points)
    {
        var times = new List<double>();
        for (var n = 0; n < Batches; n++)
        {
            var began = TimeProvider.System.GetTimestamp();
            await AppendAsync(queue, points);
            times.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }

        times.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {policy} | {room} | {times[Batches / 2]:0.0} | {times[Batches * 99 / 100]:0.0} | {times[^1]:0.0} | {queue.GetStatistics().Dropped:N0} |"));
    }

    private async Task AppendAsync(OfflineQueue queue, int points)
    {
        for (var n = 0; n < BatchRecords; n++)
        {
            _sequence++;
            queue.Append(TimeProvider.System.GetUtcNow(), $"meter{_sequence % points / 50}", $"point{_sequence % points}", new byte[BodyBytes]);
        }

        await _accepted.WaitAsync();
    }
}
