// Appends to the queue in the folder given first, with the max-loss in ms given second, until the process is killed.
// Prints "boot sequence ms" of every record that was accepted. "ms" is when, on a clock that runs on over kills.
// With "trouble" behind it, it appends a hundred a second, and prints what is wrong with the queue whenever that changes.
// With "points" in place of the max-loss it counts from where it was, and prints "restored count ms" of every count that was saved.
// With "trouble" it counts, too, and prints what is wrong with the file whenever that changes.
using Gateway.Abstractions.Definitions;
using Gateway.Storage.Points;
using Gateway.Storage.Queue;
using Microsoft.Extensions.Logging.Abstractions;

if (args[1] is "points" or "trouble")
{
    await Counting.RunAsync(args[0], tellsTrouble: args[1] == "trouble");
}

// What is appended as fast as it goes must not be dropped for want of memory, on a machine whose disk is slow.
var options = new QueueOptions { Folder = args[0], MaxLoss = TimeSpan.FromMilliseconds(int.Parse(args[1])), MemoryLimitBytes = 1_000_000_000 };
await using var queue = await OfflineQueue.OpenAsync(options, new Printer(), TimeProvider.System, NullLogger<OfflineQueue>.Instance);
var told = "";
while (true)
{
    queue.Append(TimeProvider.System.GetUtcNow(), "meter", "flow", new byte[50]);
    if (args is not [_, _, "trouble"])
    {
        Thread.Yield();
        continue;
    }

    if ((queue.GetStatistics().Trouble ?? "nothing") is var trouble && trouble != told)
    {
        Console.WriteLine(told = trouble);
    }

    await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
}

internal sealed class Printer : IQueueObserver
{
    private readonly Stream _output = Console.OpenStandardOutput();

    // One write per record: what was printed is printed, whenever the kill comes.
    public void Accepted(QueueRecord record) =>
        _output.Write(System.Text.Encoding.ASCII.GetBytes($"{record.Boot} {record.Sequence} {TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}\n"));
}

internal static class Counting
{
    public static async Task RunAsync(string folder, bool tellsTrouble)
    {
        var point = new PointDefinition
        {
            DeviceName = "device",
            Name = "meter",
            Every = TimeSpan.FromSeconds(1),
            Settings = new Settings(new Dictionary<string, object>(), new Dictionary<string, SourceLocation>(), new SourceLocation("map.yaml", 1, 1)),
        };
        await using var memory = await PointMemory.OpenAsync(Path.Combine(folder, "points.db"), TimeProvider.System, NullLogger<PointMemory>.Instance);
        var output = Console.OpenStandardOutput();
        var restored = memory.Load(point, "count") ?? 0;
        var told = "";
        for (var count = restored + 1; ; count++)
        {
            memory.Save(point, "count", count, TimeSpan.FromSeconds(3));
            if (tellsTrouble)
            {
                if ((memory.Trouble ?? "nothing") is var trouble && trouble != told)
                {
                    Console.WriteLine(told = trouble);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
                continue;
            }

            await output.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{restored} {count} {TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}\n"));
            Thread.Yield();
        }
    }
}
