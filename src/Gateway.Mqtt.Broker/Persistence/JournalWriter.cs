using Gateway.Mqtt.Broker.Sessions;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker.Persistence;

/// <summary>
/// Brings what a store kept into the broker's state, and commits there what the <see cref="Journal"/> notes: one
/// commit after the other, each with all that came during the one before.
/// </summary>
internal sealed class JournalWriter(
    IBrokerStore store, MqttBrokerOptions options, BrokerState state, TimeProvider timeProvider, ILogger logger, Action<Action> runTurn) : IDisposable
{
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private Task? _loop;

    // Touched within turns only.
    private bool _isAwake;

    /// <summary>Loads, and begins to write.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var rows = await store.LoadAsync(cancellationToken);
        runTurn(() => new Restoration(state, timeProvider.GetUtcNow()).Run(rows, options.CommitInterval, options.LocalSaveInterval));
        Log.Loaded(logger, rows.Retained.Count, rows.Sessions.Count, rows.Deliveries.Count);
        _loop = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Within a turn: there is something to commit.</summary>
    public void Wake()
    {
        if (!_isAwake)
        {
            _isAwake = true;
            _wake.Release();
        }
    }

    /// <summary>Commits everything; nothing changes any more.</summary>
    public async Task StopAsync()
    {
        if (_loop is null)
        {
            return;
        }

        await _stopping.CancelAsync();
        _wake.Release();
        await _loop;
        JournalBatch? last = null;
        runTurn(() =>
        {
            last = state.Journal.IsSuspended
                ? state.Journal.TakeAll(timeProvider.GetUtcNow())
                : state.Journal.Take(timeProvider.GetUtcNow(), everything: true);
            state.Journal.Close();
        });
        if (last is not null && await TryCommitAsync(last) is { } exception)
        {
            Log.LastCommitFailed(logger, exception);
        }
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _wake.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                await _wake.WaitAsync(CancellationToken.None);
                await CommitAsync();
            }
        }
#pragma warning disable CA1031 // A fault in here must not keep all clients waiting.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.JournalFailed(logger, e);
            runTurn(state.Journal.Suspend);
        }
    }

    private async Task CommitAsync()
    {
        var batch = TakeNext(hasCommitted: false);
        while (batch is not null)
        {
            batch = await TryCommitAsync(batch) is { } exception
                ? await StartAnewAsync(exception)
                : TakeNext(hasCommitted: true);
        }
    }

    private JournalBatch? TakeNext(bool hasCommitted)
    {
        JournalBatch? next = null;
        runTurn(() =>
        {
            if (hasCommitted)
            {
                state.Tally.Commits++;
                if (state.Journal.IsGateOpen)
                {
                    Log.StoreWorksAgain(logger);
                }

                state.Journal.OnCommitted();
            }

            next = state.Journal.Take(timeProvider.GetUtcNow());
            _isAwake = next is not null;
        });
        return next;
    }

    /// <returns>Everything there is, when it is time to try again; null when the broker stops.</returns>
    private async Task<JournalBatch?> StartAnewAsync(Exception exception)
    {
        var isFirst = false;
        runTurn(() =>
        {
            isFirst = !state.Journal.IsGateOpen;
            state.Tally.CommitFailures++;
            state.Journal.Suspend();
        });
        if (isFirst)
        {
            Log.StoreFailed(logger, exception, exception.Message, options.StoreRetryInterval.TotalSeconds);
        }

        await Task.Delay(options.StoreRetryInterval, timeProvider, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        JournalBatch? all = null;
        if (!_stopping.IsCancellationRequested)
        {
            runTurn(() => all = state.Journal.TakeAll(timeProvider.GetUtcNow()));
        }

        return all;
    }

    private async Task<Exception?> TryCommitAsync(JournalBatch batch)
    {
        try
        {
            await store.CommitAsync(batch.ToChanges(), CancellationToken.None);
            return null;
        }
#pragma warning disable CA1031 // Whatever a store throws: the broker goes on from memory.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e;
        }
    }
}
