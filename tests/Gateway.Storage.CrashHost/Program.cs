// Appends to the queue in the folder given first, with the max-loss in ms given second, until the process is killed.
// Prints "boot sequence ms" of every record that was accepted. "ms" is when, on a clock that runs on over kills.
using Gateway.Storage.Queue;
using Microsoft.Extensions.Logging.Abstractions;

var options = new QueueOptions { Folder = args[0], MaxLoss = TimeSpan.FromMilliseconds(int.Parse(args[1])) };
await using var queue = await OfflineQueue.OpenAsync(options, new Printer(), TimeProvider.System, NullLogger<OfflineQueue>.Instance);
while (true)
{
    queue.Append(TimeProvider.System.GetUtcNow(), "meter", "flow", new byte[50]);
    Thread.Yield();
}

internal sealed class Printer : IQueueObserver
{
    private readonly Stream _output = Console.OpenStandardOutput();

    // One write per record: what was printed is printed, whenever the kill comes.
    public void Accepted(QueueRecord record) =>
        _output.Write(System.Text.Encoding.ASCII.GetBytes($"{record.Boot} {record.Sequence} {TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}\n"));
}
