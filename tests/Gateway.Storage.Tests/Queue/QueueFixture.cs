using System.Collections.Concurrent;
using System.Text;
using Gateway.Storage.Queue;
using Gateway.Storage.Timing;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging;

namespace Gateway.Storage.Tests.Queue;

/// <summary>A queue in a folder of its own, on a clock that the test moves, with what its observer was told.</summary>
internal sealed class QueueFixture : IQueueObserver, IAsyncDisposable
{
    public const string Device = "meter";

    private readonly TemporaryFolder _folder = new();

    public QueueFixture() => Options = new QueueOptions { Folder = Path.Combine(_folder, "queue"), MaxLoss = TimeSpan.Zero, DiskPatience = TimeSpan.FromHours(1), FirstBoot = _ => 1 };

    public QueueOptions Options { get; set; }

    public ManualTimeProvider Time { get; init; } = new();

    /// <summary>What times of acquisition are worth; null: they are believed. For the next opening.</summary>
    public AcquisitionClock? Clock { get; set; }

    /// <summary>What the queue has logged.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    public ConcurrentQueue<QueueRecord> Accepted { get; } = new();

    public OfflineQueue Queue { get; private set; } = null!;

    public QueueReader Reader => Queue.Readers[0];

    public QueueStatistics Statistics => Queue.GetStatistics();

    public string File => Path.Combine(Options.Folder, "queue.db");

    /// <summary>The position up to which records are said to be safe.</summary>
    public long SecuredThrough { get; private set; }

    void IQueueObserver.Secured(long through) => SecuredThrough = Math.Max(SecuredThrough, through);

    /// <summary>Is called with each accepted record; null: nothing is.</summary>
    public Action? OnAccepted { get; set; }

    void IQueueObserver.Accepted(QueueRecord record)
    {
        Accepted.Enqueue(record);
        OnAccepted?.Invoke();
    }

    public async Task OpenAsync() =>
        Queue = await OfflineQueue.OpenAsync(Options, this, Time, new Lines(Log), Clock);

    public async Task ReopenAsync()
    {
        await Queue.DisposeAsync();
        Accepted.Clear();
        await OpenAsync();
    }

    /// <summary>Opens what a kill at this moment would leave.</summary>
    public async Task<QueueFixture> KillAsync()
    {
        var next = new QueueFixture();
        Directory.CreateDirectory(next.Options.Folder);
        next.Options = Options with { Folder = next.Options.Folder };
        foreach (var file in Directory.GetFiles(Options.Folder).Where(file => Path.GetFileName(file) is not ("lock" or "queue.db-shm")))
        {
            System.IO.File.Copy(file, Path.Combine(next.Options.Folder, Path.GetFileName(file)));
        }

        await next.OpenAsync();
        return next;
    }

    public AppendOutcome Append(string text, string device = Device, string point = "flow") =>
        Queue.Append(Time.GetUtcNow(), device, point, Encoding.UTF8.GetBytes(text));

    public void AppendMany(int first, int count, int length = 0)
    {
        for (var n = first; n < first + count; n++)
        {
            Assert.Equal(AppendOutcome.Taken, Append($"{n}".PadRight(length)));
        }
    }

    public AppendOutcome AppendUrgent(string text) =>
        Queue.Append(Time.GetUtcNow(), Device, "alarm", Encoding.UTF8.GetBytes(text), isUrgent: true, out _);

    /// <summary>Reads exactly so many records, by the first reader if none is named.</summary>
    public async Task<List<QueueRecord>> ReadAsync(int count, QueueReader? reader = null)
    {
        reader ??= Reader;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var records = new List<QueueRecord>();
        var buffer = new QueueRecord[count];
        while (records.Count < count)
        {
            var read = await reader.ReadAsync(buffer.AsMemory(0, count - records.Count), deadline.Token);
            records.AddRange(buffer[..read]);
        }

        return records;
    }

    public async Task ReadAndAcknowledgeAsync(int count)
    {
        foreach (var record in await ReadAsync(count))
        {
            Reader.Acknowledge(record.Position);
        }
    }

    public static void Acknowledge(QueueReader reader, IEnumerable<QueueRecord> records)
    {
        foreach (var record in records)
        {
            reader.Acknowledge(record.Position);
        }
    }

    /// <summary>Whether the reader has nothing to read at present.</summary>
    public async Task<bool> IsDrainedAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        try
        {
            await Reader.ReadAsync(new QueueRecord[1], soon.Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    /// <summary>Waits until so many records were accepted.</summary>
    public Task AcceptedAsync(int count) => Eventually.TrueAsync(() => Accepted.Count >= count, () => $"{Accepted.Count} of {count} accepted");

    /// <summary>Waits until nothing is in memory alone.</summary>
    public Task WrittenAsync() => Eventually.TrueAsync(() => Statistics.Unwritten == 0, () => $"{Statistics.Unwritten} not written");

    /// <summary>Waits until what is in memory alone is little, so that memory does not run out under a test that is faster than the disk.</summary>
    public async Task WrittenIfDueAsync()
    {
        if (Statistics.MemoryBytes > Options.MemoryLimitBytes / 4)
        {
            await WrittenWhenDueAsync();
        }
    }

    /// <summary>
    /// Lets time pass until nothing is in memory alone. Not in one step: a writer that sets its alarm in that very moment, for a delay that it
    /// reckoned before, would wait for time that never comes.
    /// </summary>
    public Task WrittenWhenDueAsync() => Eventually.TrueAsync(
        () =>
        {
            Time.Advance(Options.MaxLoss / 2);
            return Statistics.Unwritten == 0;
        },
        () => $"{Statistics.Unwritten} not written");

    public Task HealthAsync(QueueHealth health) => Eventually.TrueAsync(() => Statistics.Health == health, () => $"{Statistics.Health}: {Statistics.Trouble}");

    public static string[] Texts(IEnumerable<QueueRecord> records) => [.. records.Select(record => Encoding.UTF8.GetString(record.Body.Span).TrimEnd())];

    public static string[] Numbers(int first, int count) => [.. Enumerable.Range(first, count).Select(n => $"{n}")];

    public async ValueTask DisposeAsync()
    {
        if (Queue is not null)
        {
            await Queue.DisposeAsync();
        }

        _folder.Dispose();
    }

    private sealed class Lines(ConcurrentQueue<string> log) : ILogger<OfflineQueue>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue(formatter(state, exception));
    }
}
