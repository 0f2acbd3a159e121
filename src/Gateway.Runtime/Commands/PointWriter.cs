using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Polling;

namespace Gateway.Runtime.Commands;

/// <summary>Writes a published value to its point: checks that it may, undoes scaling, and waits for the bus.</summary>
internal static class PointWriter
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);

    /// <summary>Writes a value. Never throws but for cancellation: a refusal is an outcome.</summary>
    /// <param name="bus">The point's bus.</param>
    /// <param name="point">The point.</param>
    /// <param name="value">The value as it would be published.</param>
    /// <param name="timeProvider">The clock of the time limit.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="thenRead">Whether to wait until the point was read again, too.</param>
    public static async Task<WriteOutcome> WriteAsync(
        BusPoller bus, PointDefinition point, PointValue value, TimeProvider timeProvider, CancellationToken cancellationToken, bool thenRead = false)
    {
        if (!point.Writable)
        {
            return new WriteOutcome($"{point} is not writable; its map must say write: true");
        }

        if (!Scaling.TryUndo(point, value, out var raw, out var error))
        {
            return new WriteOutcome(error);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = timeProvider.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), limit, TimeLimit, Timeout.InfiniteTimeSpan);
        try
        {
            return thenRead
                ? await bus.WriteAndReadAsync(point, raw, limit.Token).ConfigureAwait(false)
                : await bus.WriteAsync(point, raw, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new WriteOutcome($"no answer from {bus.Definition.Name} within {TimeLimit.TotalSeconds} s; the value may yet be written") { Failure = WriteFailure.NoAnswer };
        }
    }
}
