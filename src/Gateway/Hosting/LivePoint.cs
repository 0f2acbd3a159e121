using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Modbus;
using Gateway.Runtime;
using Gateway.Runtime.Mapping;

namespace Gateway.Hosting;

/// <summary>A point of the running data path, as Modbus clients are served it.</summary>
/// <param name="runtime">The data path; null while there is none.</param>
/// <param name="definition">The point.</param>
/// <param name="logger">Takes what was written, and what could not be.</param>
internal sealed class LivePoint(Func<GatewayRuntime?> runtime, PointDefinition definition, ILogger logger) : IServedPoint
{
    private object? _written;

    public PointDefinition Definition => definition;

    public PointValue Read() =>
        runtime()?.Points.Find(definition.DeviceName, definition.Name) is { Quality: Quality.Good or Quality.Uncertain } last ? last.Value : PointValue.None;

    public bool Accepts(PointValue value) => definition.Writable && Scaling.TryUndo(definition, value, out _, out _);

    public async ValueTask<WriteOutcome> WriteAsync(PointValue value, CancellationToken cancellationToken)
    {
        var outcome = runtime() is { } path
            ? (await path.Points.WriteAsync(definition.ToString(), value, cancellationToken)).Outcome
            : new WriteOutcome("nothing is polled") { Failure = WriteFailure.BusFailed };
        var log = runtime()?.Points.Explain(logger) ?? logger;
        if (outcome.Succeeded)
        {
            // A master that writes the same each second would fill the log.
            if (!value.Equals(Interlocked.Exchange(ref _written, value)))
            {
                Log.ServedWriteDone(log, definition.DeviceName, definition.Name, value.ToString());
            }
        }
        else
        {
            Log.ServedWriteFailed(log, definition.DeviceName, definition.Name, value.ToString(), outcome.Error!);
        }

        return outcome;
    }
}
