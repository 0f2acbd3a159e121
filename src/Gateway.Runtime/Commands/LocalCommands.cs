using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Commands;

/// <summary>
/// What clients of the local broker command, from before it listens until it stops: while no data path takes commands, as at the start and
/// while another uplink is taken up, they are held for up to 30 s, at most 256. Thread-safe.
/// </summary>
public sealed class LocalCommands : IAsyncDisposable
{
    private const int MaxHeld = 256;

    /// <summary>What was meant for another moment is not carried out; as long as a device may take to answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Queue<(ApplicationMessage Command, long Since)> _held = [];
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private Action<ApplicationMessage>? _take;
    private IAsyncDisposable? _subscription;

    private LocalCommands(string site, TimeProvider timeProvider, ILogger logger) => (Site, _timeProvider, _logger) = (site, timeProvider, logger);

    /// <summary>The first part of every command's topic.</summary>
    public string Site { get; }

    /// <summary>Begins to take them; before the broker is started, so that none is missed.</summary>
    public static async Task<LocalCommands> OpenAsync(MqttBroker broker, string site, TimeProvider timeProvider, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(broker);
        var commands = new LocalCommands(site, timeProvider, logger);
        commands._subscription = await broker.SubscribeAsync(CommandRouter.FilterOf(site), commands.OnCommandAsync, cancellationToken: cancellationToken).ConfigureAwait(false);
        return commands;
    }

    /// <summary>Gives the commands to a data path: those that were held, then those that come.</summary>
    /// <param name="take">Takes one, whose payload is to be copied before it returns.</param>
    internal void Attach(Action<ApplicationMessage> take)
    {
        lock (_gate)
        {
            while (_held.TryDequeue(out var held))
            {
                if (_timeProvider.GetElapsedTime(held.Since) <= Patience)
                {
                    take(held.Command);
                }
                else
                {
                    Log.AnswerNotSent(_logger, held.Command.Topic, "nothing was polled for too long, so the command was not carried out");
                }
            }

            _take = take;
        }
    }

    /// <summary>Holds the commands that come.</summary>
    internal void Detach()
    {
        lock (_gate)
        {
            _take = null;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _subscription!.DisposeAsync();

    internal ValueTask OnCommandAsync(ApplicationMessage command, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_take is not null)
            {
                _take(command);
            }
            else if (_held.Count == MaxHeld)
            {
                Log.AnswerNotSent(_logger, command.Topic, "too many commands came before the polling began, so the command was not carried out");
            }
            else if (!command.Retain)
            {
                _held.Enqueue((CommandPayload.Copy(command), _timeProvider.GetTimestamp()));
            }
        }

        return ValueTask.CompletedTask;
    }
}
