using System.Collections.Concurrent;
using Gateway.Mqtt.Packets;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Commands;

/// <summary>Runs commands side by side, so that one for a silent device does not hold up another, and waits for them at the end. Thread-safe.</summary>
internal sealed class CommandDispatcher(CommandRouter router, ILogger logger) : IAsyncDisposable
{
    // More than the router carries out at once: the rest are answers that wait for a slow broker.
    private const int MaxUnderWay = 512;

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<long, Task> _running = [];
    private long _lastId;

    /// <summary>Begins a command and returns. A retained one is ignored: it was meant for another moment.</summary>
    /// <param name="command">The message; copied. One that comes while 512 are under way is dropped and logged.</param>
    /// <param name="publish">Sends the answer to where the command came from.</param>
    public void Dispatch(ApplicationMessage command, Func<ApplicationMessage, CancellationToken, ValueTask> publish)
    {
        if (command.Retain || _stopping.IsCancellationRequested)
        {
            return;
        }

        if (_running.Count >= MaxUnderWay)
        {
            Log.AnswerNotSent(logger, command.Topic, "too many answers wait already, so the command was not carried out");
            return;
        }

        var copy = command with
        {
            Payload = command.Payload.ToArray(),
            CorrelationData = command.CorrelationData is { } data ? data.ToArray() : (ReadOnlyMemory<byte>?)null,
        };
        var id = Interlocked.Increment(ref _lastId);
        var task = RunAsync(id, copy, publish);
        _running.TryAdd(id, task);
        if (task.IsCompleted)
        {
            _running.TryRemove(id, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running.Values).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync(long id, ApplicationMessage command, Func<ApplicationMessage, CancellationToken, ValueTask> publish)
    {
        await Task.Yield(); // the broker that calls is not to wait for a device
        try
        {
            await publish(await router.ExecuteAsync(command, _stopping.Token).ConfigureAwait(false), _stopping.Token).ConfigureAwait(false);
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
