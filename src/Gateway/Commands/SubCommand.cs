using System.CommandLine;
using System.Globalization;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;

namespace Gateway.Commands;

/// <summary><c>gateway sub</c>: prints messages, with the flags and the output of mosquitto_sub.</summary>
internal sealed class SubCommand
{
    private readonly MqttConnection _connection = new("sub");
    private readonly Option<string[]> _topics = new("--topic", "-t") { HelpName = "FILTER", Description = "What to subscribe to; may be repeated" };
    private readonly Option<string[]> _excluded = new("--filter-out", "-T") { HelpName = "FILTER", Description = "Topics that are not printed; may be repeated" };
    private readonly Option<int> _qos = MqttConnection.CreateQoS("--qos", "The highest QoS to receive", "-q");
    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Prints the topic before the payload" };
    private readonly Option<bool> _noLineEnd = new("--no-eol", "-N") { Description = "Prints no line end after the payload" };
    private readonly Option<bool> _noRetained = new("--no-retained", "-R") { Description = "Does not print retained messages" };
    private readonly Option<bool> _retainedOnly = new("--retained-only") { Description = "Prints retained messages only, and ends with the first other one" };
    private readonly Option<long?> _count = new("--count", "-C") { HelpName = "COUNT", Description = "Ends after so many messages" };
    private readonly Option<double?> _patience = new("--timeout", "-W") { HelpName = "SECONDS", Description = "Ends after so long, with exit code 1" };

    private SubCommand()
    {
    }

    public static Command Create()
    {
        var sub = new SubCommand();
        var command = new Command("sub", "Prints the messages of an MQTT broker.")
        {
            sub._topics, sub._excluded, sub._qos, sub._verbose, sub._noLineEnd, sub._noRetained, sub._retainedOnly, sub._count, sub._patience,
        };
        sub._connection.AddTo(command);
        command.SetAction(sub.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var qos = (QualityOfService)arguments.GetValue(_qos);
        var subscriptions = ReadFilters(arguments).Select(filter => new Subscription { TopicFilter = filter, MaximumQoS = qos }).ToArray();
        var excluded = arguments.GetValue(_excluded) ?? [];
        CheckFilters(excluded);
        var options = _connection.Read(arguments);
        var printer = new MessagePrinter(Console.OpenStandardOutput(), arguments.InvocationConfiguration.Error)
        {
            IsVerbose = arguments.GetValue(_verbose),
            HasLineEnds = !arguments.GetValue(_noLineEnd),
            SkipsRetained = arguments.GetValue(_noRetained),
            EndsAfterRetained = arguments.GetValue(_retainedOnly),
            Excluded = excluded,
            Count = arguments.GetValue(_count) ?? long.MaxValue,
        };
        using var loggerFactory = _connection.CreateLoggerFactory(arguments);
        await using var client = new MqttClient(options, printer, loggerFactory.CreateLogger<MqttClient>());
        using var patience = new CancellationTokenSource(ReadPatience(arguments), TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            client.Start();
            await Task.WhenAny(client.WaitForConnectionAsync(either.Token), printer.Ended);
            if (!printer.Ended.IsCompleted)
            {
                await SubscribeAsync(client, subscriptions, either.Token);
            }

            await printer.Ended.WaitAsync(either.Token);
            return ExitCode.Done;
        }
        catch (OperationCanceledException exception) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var seconds = arguments.GetValue(_patience)!.Value.ToString(CultureInfo.InvariantCulture);
            throw CommandException.Failed($"timed out after {seconds} s with {printer.Printed} messages", exception);
        }
        finally
        {
            printer.Finish();
        }
    }

    private string[] ReadFilters(ParseResult arguments)
    {
        string[] filters = [.. arguments.GetValue(_topics) ?? [], .. _connection.TopicOfUrl(arguments) is { } topic ? [topic] : Array.Empty<string>()];
        CheckFilters(filters);
        return filters.Length > 0 ? filters : throw CommandException.Usage("there is nothing to subscribe to: give it with -t");
    }

    private TimeSpan ReadPatience(ParseResult arguments) => arguments.GetValue(_patience) switch
    {
        null => Timeout.InfiniteTimeSpan,
        > 0 and <= 2_000_000 and var seconds => TimeSpan.FromSeconds(seconds),
        _ => throw CommandException.Usage("-W takes a number of seconds above 0"),
    };

    private static void CheckFilters(string[] filters)
    {
        if (Array.Find(filters, filter => !TopicFilter.IsValid(filter)) is { } wrong)
        {
            throw CommandException.Usage($"'{wrong}' is no topic filter: + stands for a whole level, and # for all levels from there, at the end");
        }
    }

    private static async Task SubscribeAsync(MqttClient client, Subscription[] subscriptions, CancellationToken cancellationToken)
    {
        var codes = await client.SubscribeAsync(subscriptions, null, cancellationToken);
        for (var i = 0; i < codes.Count; i++)
        {
            if (codes[i].IsFailure())
            {
                throw CommandException.Failed($"the broker refuses the subscription to '{subscriptions[i].TopicFilter}': {MqttText.Describe(codes[i])}");
            }
        }
    }
}
