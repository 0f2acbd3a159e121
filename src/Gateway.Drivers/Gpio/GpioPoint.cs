using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Gpio;

/// <summary>One point of a valid GPIO map. Thread-safe: it is read and written by the poll loop, and hears of edges beside that.</summary>
internal abstract class GpioPoint(PointDefinition definition) : IAsyncDisposable
{
    public PointDefinition Definition { get; } = definition;

    /// <summary>The line that it is made of; null if it has none.</summary>
    public GpioLine? Line { get; set; }

    /// <summary>
    /// Held from the look at the point until its reading is reported, so that a level that was read before an edge is not reported after it. Taken
    /// before any lock of the point itself.
    /// </summary>
    public Lock Telling { get; } = new();

    /// <summary>What the point is now.</summary>
    /// <exception cref="IOException">The chip is gone.</exception>
    public abstract Reading Read(DateTimeOffset now);

    /// <summary>Carries out a command.</summary>
    /// <exception cref="IOException">The chip is gone.</exception>
    public virtual WriteOutcome Write(PointValue value) => throw new InvalidOperationException($"{Definition} cannot be written; Validate says so.");

    /// <summary>The line is there. Called again when it is back after a fault.</summary>
    /// <exception cref="IOException">The chip is gone.</exception>
    public virtual void Begin()
    {
    }

    /// <summary>Takes an edge of the line.</summary>
    /// <returns>What is to be reported at once; null: nothing.</returns>
    public virtual Reading? Take(in GpioEdge edge) => null;

    /// <summary>A batch of edges was taken.</summary>
    public virtual void EndBatch()
    {
    }

    /// <summary>The bus is being closed, and the line is still there if it was.</summary>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>
    /// How many of the edges that an event tells of, those lost before it included, a point means. Where the chip tells both kinds,
    /// they come in turns, the last of them being the one that was told. Less than none where more is taken back than the event tells of.
    /// </summary>
    protected static int CountEdges(in GpioEdge edge, GpioEdges meant, GpioEdges told)
    {
        var all = 1 + edge.Missed;
        if (meant == told)
        {
            return all;
        }

        var isMeant = meant.HasFlag(edge.Value ? GpioEdges.Rising : GpioEdges.Falling);
        var others = all >> 1; // rounded down, below zero too: what is taken back is what was told
        return isMeant ? all - others : others;
    }
}
