using System.Collections.Concurrent;
using Gateway.Mqtt.Packets;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Commands;

/// <summary>
/// Runs commands side by side, so that one for a silent device does not hold up another, and waits for them at the end. Those of one point reach
/// its bus in the order in which they came. While maps are taken up, commands for points that are not known yet are held. Thread-safe.
/// </summary>
internal sealed class CommandDispatcher(CommandRouter router, ILogger logger) : IAsyncDisposable
{
    // More than the router carries out at once: the rest are answers that wait for a slow broker.
    private const int MaxUnderWay = 512;

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<long, Task> _running = [];
    private readonly Lock _holding = new();
    private readonly List<(ApplicationMessage Command, Func<ApplicationMessage, CancellationToken, ValueTask> Publish)> _held = [];
    private bool _isHolding = true;
    private long _lastId;

    /// <summary>From now on, as from the start, commands for points that are not known are held, and not refused.</summary>
    public void Hold()
    {
        lock (_holding)
        {
            _isHolding = true;
        }
    }

    /// <summary>Begins those that are held, in their order: all points are known now.</summary>
    public void Release()
    {
        lock (_holding)
        {
            _isHolding = false;
            foreach (var (command, publish) in _held)
            {
                Run(command, publish);
            }

            _held.Clear();
        }
    }

    /// <summary>Begins a command, or holds it, and returns. A retained one is ignored: it was meant for another moment.</summary>
    /// <param name="command">The message; copied. One that comes while 512 are under way or held is dropped and logged.</param>
    /// <param name="publish">Sends the answer to where the command came from.</param>
    public void Dispatch(ApplicationMessage command, Func<ApplicationMessage, CancellationToken, ValueTask> publish)
    {
        if (command.Retain || _stopping.IsCancellationRequested)
        {
            return;
        }

        lock (_holding)
        {
            if (_running.Count + _held.Count >= MaxUnderWay)
            {
                Log.AnswerNotSent(logger, command.Topic, "too many commands and answers wait already, so the command was not carried out");
            }
            else if (_isHolding && (!router.Knows(command.Topic) || _held.Exists(each => each.Command.Topic == command.Topic)))
            {
                _held.Add((CommandPayload.Copy(command), publish));
            }
            else
            {
                Run(CommandPayload.Copy(command), publish);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        lock (_holding)
        {
            foreach (var (command, _) in _held)
            {
                Log.AnswerNotSent(logger, command.Topic, "the gateway stopped before the maps were taken up, so the command was not carried out");
            }

            _held.Clear();
        }

        await Task.WhenAll(_running.Values).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private void Run(ApplicationMessage command, Func<ApplicationMessage, CancellationToken, ValueTask> publish)
    {
        var id = Interlocked.Increment(ref _lastId);
        var task = RunAsync(id, command, publish);
        _running.TryAdd(id, task);
        if (task.IsCompleted)
        {
            _running.TryRemove(id, out _);
        }
    }

    private async Task RunAsync(long id, ApplicationMessage command, Func<ApplicationMessage, CancellationToken, ValueTask> publish)
    {
        try
        {
            var execution = router.ExecuteAsync(command, _stopping.Token); // up to the bus on the caller's thread: the order is that of the calls
            await Task.Yield(); // the broker that calls waits neither for a device nor for its own answer
            await publish(await execution.ConfigureAwait(false), _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Nobody is left to answer to.
        }
#pragma warning disable CA1031 // Whatever a client put into its Response Topic must not end the gateway.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Log.AnswerNotSent(logger, command.Topic, fault.Message);
        }
        finally
        {
            _running.TryRemove(id, out _);
        }
    }
}
