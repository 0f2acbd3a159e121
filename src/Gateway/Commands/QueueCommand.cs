using System.CommandLine;
using System.Text.Json;
using Gateway.Hosting;
using Gateway.Runtime;
using Gateway.Storage;
using Gateway.Storage.Queue;
using Gateway.Web;

namespace Gateway.Commands;

/// <summary><c>gateway queue</c>: the offline queue.</summary>
internal static class QueueCommand
{
    public static Command Create() => new("queue", "Shows the offline queue.") { CreateStats() };

    private static Command CreateStats()
    {
        var options = new ServiceOptions();
        var command = new Command("stats", "Shows how much waits in the offline queue: the service says it, or the file if none runs.");
        options.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var dataFolder = options.FindDataFolder(arguments);
            var queue = await AskAsync(dataFolder, cancellationToken) ?? Inspect(dataFolder);
            Print(arguments.InvocationConfiguration.Output, queue, arguments.GetValue(options.Json), TimeProvider.System.GetUtcNow());
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<QueueStatus?> AskAsync(string dataFolder, CancellationToken cancellationToken)
    {
        using var client = new ServiceClient(dataFolder);
        return await client.TryGetAsync("/api/queue", StatusJson.Readable.QueueStatus, cancellationToken);
    }

    private static QueueStatus Inspect(string dataFolder)
    {
        try
        {
            return QueueInspector.Inspect(DataFolder.QueuePath(dataFolder)) is { } found
                ? new QueueStatus(found.Records, found.DiskBytes, found.OldestTime, 0, null)
                : throw CommandException.Failed($"there is no queue in {dataFolder}: name the service's data folder with --data");
        }
        catch (StorageException exception)
        {
            throw CommandException.Failed(exception.Message.TrimEnd('.'), exception);
        }
    }

    private static void Print(TextWriter output, QueueStatus queue, bool asJson, DateTimeOffset now) =>
        output.WriteLine(asJson ? JsonSerializer.Serialize(queue, StatusJson.Readable.QueueStatus) : StatusText.Describe(queue, now));
}
