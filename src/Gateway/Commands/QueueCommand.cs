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
    public static Command Create() => new("queue", "Shows the offline queue.") { CreateStats(), CreateList(), CreateExport(), CreateRetry(), CreatePurge() };

    private static Command CreateStats()
    {
        var options = new ServiceOptions();
        var follow = new Option<bool>("--follow", "-f") { Description = "Until nothing waits: a progress bar on a terminal, else a line a second." };
        var command = new Command("stats", "Shows how much waits in the offline queue, and in the bridge's: the service says it, or the files if none runs.") { follow };
        options.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var dataFolder = options.FindDataFolder(arguments);
            if (arguments.GetValue(follow))
            {
                var (output, error) = (arguments.InvocationConfiguration.Output, arguments.InvocationConfiguration.Error);
                await QueueProgress.FollowAsync(output, error, async token => await AskAsync(dataFolder, token) ?? throw NoService(dataFolder), arguments.GetValue(options.Json), cancellationToken);
                return ExitCode.Done;
            }

            var queue = await AskAsync(dataFolder, cancellationToken) ?? Inspect(dataFolder);
            Print(arguments.InvocationConfiguration.Output, queue, arguments.GetValue(options.Json), TimeProvider.System.GetUtcNow());
            return ExitCode.Done;
        });
        return command;
    }

    private static Command CreateList()
    {
        var options = new ServiceOptions();
        var parked = new Option<bool>("--parked") { Description = "What brokers did not take, one by one, instead of what waits by device." };
        var command = new Command("list", "Lists what the queue, and the bridge's, has on the disk, beside a running service too.") { parked };
        options.AddTo(command);
        command.SetAction(arguments =>
        {
            var dataFolder = options.FindDataFolder(arguments);
            var (output, asJson) = (arguments.InvocationConfiguration.Output, arguments.GetValue(options.Json));
            if (arguments.GetValue(parked))
            {
                QueueView.PrintParked(output, ListParked(dataFolder), asJson);
            }
            else
            {
                QueueView.PrintDevices(output, ListDevices(dataFolder), asJson);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command CreateRetry()
    {
        var options = new ServiceOptions();
        var command = new Command("retry", "Has the running service send what is parked again, behind what waits.");
        options.AddTo(command);
        command.SetAction((arguments, cancellationToken) => RequestAsync("retry", options, arguments, cancellationToken));
        return command;
    }

    private static Command CreatePurge()
    {
        var options = new ServiceOptions();
        var parked = new Option<bool>("--parked") { Description = "What brokers did not take, which the running service throws away." };
        var all = new Option<bool>("--all") { Description = "Everything that waits, the bridge's messages too, while no service runs." };
        var command = new Command("purge", "Throws readings away: what is parked, or everything.") { parked, all };
        options.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            if (arguments.GetValue(parked) == arguments.GetValue(all))
            {
                throw CommandException.Usage("say what to throw away: --parked or --all; see 'gateway queue purge --help'");
            }

            return arguments.GetValue(parked)
                ? await RequestAsync("purge-parked", options, arguments, cancellationToken)
                : PurgeAll(options.FindDataFolder(arguments), arguments.InvocationConfiguration.Output);
        });
        return command;
    }

    private static Command CreateExport()
    {
        var options = new ServiceOptions();
        var parked = new Option<bool>("--parked") { Description = "What brokers did not take, instead of what waits." };
        var command = new Command("export", "Prints what the queue, and the bridge's, has on the disk as the messages that it would become, a line of JSON each.") { parked };
        options.AddTo(command, hasJson: false);
        command.SetAction(arguments =>
        {
            QueueExport.Write(arguments.GetRequiredValue(options.Config), options.FindDataFolder(arguments), arguments.GetValue(parked), arguments.InvocationConfiguration.Output);
            return ExitCode.Done;
        });
        return command;
    }

    // The numbers of starts stand in a file of their own: keys are never given twice.
    private static int PurgeAll(string dataFolder, TextWriter output)
    {
        var gone = Describe(DataFolder.QueuePath(dataFolder), "readings") ?? throw NoQueue(dataFolder);
        var bridged = Describe(DataFolder.BridgePath(dataFolder), "messages of the bridge");
        try
        {
            using var only = InstanceLock.Take(dataFolder);
            QueueInspector.Delete(DataFolder.QueuePath(dataFolder));
            if (bridged is not null)
            {
                QueueInspector.Delete(DataFolder.BridgePath(dataFolder));
            }
        }
        catch (Exception exception) when (exception is DataFolderException or StorageException)
        {
            throw CommandException.Failed(exception.Message.TrimEnd('.'), exception);
        }

        output.WriteLine($"{gone} are gone");
        if (bridged is not null)
        {
            output.WriteLine($"{bridged} are gone");
        }

        return ExitCode.Done;
    }

    // A damaged queue is one that people want to be rid of. Null: there is none.
    private static string? Describe(string folder, string records)
    {
        try
        {
            return QueueInspector.Inspect(folder) is { } found ? $"{found.Records} {records} and {found.Parked} that were parked" : null;
        }
        catch (StorageException exception)
        {
            return $"all {records} ({exception.Message.TrimEnd('.')})";
        }
    }

    private static async Task<int> RequestAsync(string request, ServiceOptions options, ParseResult arguments, CancellationToken cancellationToken)
    {
        var dataFolder = options.FindDataFolder(arguments);
        using var client = new ServiceClient(dataFolder);
        var queue = await client.TryPutAsync($"/api/queue/{request}", "", StatusJson.Readable.QueueStatus, cancellationToken)
            ?? throw NoService(dataFolder);
        Print(arguments.InvocationConfiguration.Output, queue, arguments.GetValue(options.Json), TimeProvider.System.GetUtcNow());
        return ExitCode.Done;
    }

    private static List<QueuedRow> ListDevices(string dataFolder)
    {
        var bridged = TryInspect(DataFolder.BridgePath(dataFolder));
        return
        [
            .. InspectFile(dataFolder).Devices.Select(device => QueuedRow.Of(device, QueuedRow.Readings)),
            .. (bridged?.Devices ?? []).Select(entry => QueuedRow.Of(entry, QueuedRow.Bridge)),
        ];
    }

    private static List<ParkedRow> ListParked(string dataFolder)
    {
        try
        {
            var parked = QueueInspector.ListParked(DataFolder.QueuePath(dataFolder)) ?? throw NoQueue(dataFolder);
            var bridged = QueueInspector.ListParked(DataFolder.BridgePath(dataFolder)) ?? [];
            return [.. parked.Select(record => ParkedRow.Of(record, record.Reader)), .. bridged.Select(record => ParkedRow.Of(record, QueuedRow.Bridge))];
        }
        catch (StorageException exception)
        {
            throw CommandException.Failed(exception.Message.TrimEnd('.'), exception);
        }
    }

    internal static CommandException NoQueue(string dataFolder) =>
        CommandException.Failed($"there is no queue in {dataFolder}: name the service's data folder with --data");

    private static CommandException NoService(string dataFolder) =>
        CommandException.Failed($"no service runs on {dataFolder}: start it with 'gateway run', or name its data folder with --data");

    private static async Task<QueueStatus?> AskAsync(string dataFolder, CancellationToken cancellationToken)
    {
        using var client = new ServiceClient(dataFolder);
        return await client.TryGetAsync("/api/queue", StatusJson.Readable.QueueStatus, cancellationToken);
    }

    private static QueueStatus Inspect(string dataFolder)
    {
        return Describe(InspectFile(dataFolder)) with { Bridge = TryInspect(DataFolder.BridgePath(dataFolder)) is { } bridged ? Describe(bridged) : null };
    }

    // How fast it empties no file knows.
    private static QueueStatus Describe(QueueInspection found) => new(found.Records, found.DiskBytes, found.OldestTime, found.Drops.Sum(drops => drops.Count), null)
    {
        Parked = found.Parked,
        Drops = QueueDropStatus.Of(found.Drops),
    };

    private static QueueInspection InspectFile(string dataFolder) => TryInspect(DataFolder.QueuePath(dataFolder)) ?? throw NoQueue(dataFolder);

    private static QueueInspection? TryInspect(string folder)
    {
        try
        {
            return QueueInspector.Inspect(folder);
        }
        catch (StorageException exception)
        {
            throw CommandException.Failed(exception.Message.TrimEnd('.'), exception);
        }
    }

    private static void Print(TextWriter output, QueueStatus queue, bool asJson, DateTimeOffset now)
    {
        output.WriteLine(asJson ? JsonSerializer.Serialize(queue, StatusJson.Readable.QueueStatus) : StatusText.Describe(queue, now));
        if (queue.Bridge is { } bridge && !asJson)
        {
            output.WriteLine($"bridge: {StatusText.Describe(bridge, now, "message")}");
        }
    }
}
