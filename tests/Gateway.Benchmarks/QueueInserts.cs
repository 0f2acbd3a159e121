using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Gateway.Storage.Queue;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Benchmarks;

/// <summary>
/// <c>inserts [SECONDS [FOLDER]]</c>: records per second that the queue's file takes, committed in batches as its writer does, beside a
/// plain file to which the same columns at fixed width are appended, each batch with one write and one fdatasync. Both are on the same
/// disk and take turns, in rounds of so many seconds each (default 1). Only what goes to the disk is timed, checkpoints included.
/// Prints the median round of each and the ratio.
/// </summary>
internal static partial class QueueInserts
{
    private const int Rounds = 7;
    private const int BodyBytes = 100;
    private const int FixedBytes = 41; // position, boot, sequence, time, point, uptime, and a byte for both marks
    private const int CheckpointPages = 1000; // those of a queue of the default size

    private static readonly int[] BatchSizes = [1, 10, 100, 1000, 10_000];
    private static readonly string[] Points = [.. Enumerable.Range(1, 20).Select(n => $"point{n}")];

    public static void Run(string[] arguments)
    {
        var seconds = arguments.Length > 0 ? double.Parse(arguments[0], CultureInfo.InvariantCulture) : 1;
        var parent = arguments.Length > 1 ? arguments[1] : Directory.GetCurrentDirectory();
        var folder = Directory.CreateDirectory(Path.Combine(parent, $"gateway-inserts-{Environment.ProcessId}")).FullName;
        try
        {
            Console.WriteLine("| records a batch | queue, records/s | append + fdatasync, records/s | ratio |");
            Console.WriteLine("|---|---|---|---|");
            foreach (var size in BatchSizes)
            {
                var (queue, append) = Measure(folder, size, TimeSpan.FromSeconds(seconds));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {size:N0} | {queue:N0} | {append:N0} | {queue / append:0.00} |"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (double Queue, double Append) Measure(string folder, int size, TimeSpan time)
    {
        using var store = QueueStore.Open(Path.Combine(folder, $"{size}.db"), CheckpointPages, "a boot", maxParkedBytes: 0);
        using var file = File.OpenHandle(Path.Combine(folder, $"{size}.log"), FileMode.CreateNew, FileAccess.Write);
        var records = new QueueRecord[size];
        var bytes = new byte[size * (FixedBytes + BodyBytes)];
        var (position, length) = (0L, 0L);
        List<double> queue = [], append = [];

        // The first round of each warms up.
        for (var round = 0; round <= Rounds; round++)
        {
            queue.Add(Rate(() => Fill(records, ref position), () => Insert(store, records)));
            append.Add(Rate(() => Encode(records, bytes), () => Append(file, bytes, ref length)));
        }

        return (Median(queue), Median(append));

        double Rate(Action prepare, Action write)
        {
            var (elapsed, batches) = (TimeSpan.Zero, 0);
            for (; elapsed < time; batches++)
            {
                prepare();
                var began = TimeProvider.System.GetTimestamp();
                write();
                elapsed += TimeProvider.System.GetElapsedTime(began);
            }

            return batches * (double)size / elapsed.TotalSeconds;
        }
    }

    private static double Median(List<double> rates) => rates.Skip(1).Order().ElementAt(Rounds / 2);

    private static void Fill(QueueRecord[] records, ref long position)
    {
        for (var i = 0; i < records.Length; i++)
        {
            var body = new byte[BodyBytes];
            BinaryPrimitives.WriteInt64BigEndian(body, ++position);
            records[i] = new QueueRecord
            {
                Position = position,
                Boot = 17,
                Sequence = position,
                Time = DateTimeOffset.UnixEpoch.AddMilliseconds(position),
                Uptime = TimeSpan.FromMilliseconds(position),
                Device = "meter",
                Point = Points[position % Points.Length],
                Body = body,
            };
        }
    }

    private static void Insert(QueueStore store, QueueRecord[] records)
    {
        for (var from = 0; from < records.Length; from += QueueWriter.MaxBatchRecords)
        {
            store.Begin();
            foreach (var record in records.AsSpan(from, Math.Min(QueueWriter.MaxBatchRecords, records.Length - from)))
            {
                store.Insert(record);
            }

            store.Commit();
        }
    }

    private static void Encode(QueueRecord[] records, byte[] bytes)
    {
        for (var i = 0; i < records.Length; i++)
        {
            var to = bytes.AsSpan(i * (FixedBytes + BodyBytes), FixedBytes + BodyBytes);
            BinaryPrimitives.WriteInt64BigEndian(to, records[i].Position);
            BinaryPrimitives.WriteInt32BigEndian(to[8..], records[i].Boot);
            BinaryPrimitives.WriteInt64BigEndian(to[12..], records[i].Sequence);
            BinaryPrimitives.WriteInt64BigEndian(to[20..], records[i].Time.Ticks);
            BinaryPrimitives.WriteInt64BigEndian(to[32..], records[i].Uptime!.Value.Ticks);
            records[i].Body.Span.CopyTo(to[FixedBytes..]);
        }
    }

    private static void Append(SafeFileHandle file, byte[] bytes, ref long length)
    {
        RandomAccess.Write(file, bytes, length);
        length += bytes.Length;
        if (DataSync(file) != 0)
        {
            throw new IOException($"fdatasync failed ({Marshal.GetLastPInvokeError()}).");
        }
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int DataSync(SafeFileHandle file);
}
