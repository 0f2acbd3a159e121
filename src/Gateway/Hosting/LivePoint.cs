using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Modbus;
using Gateway.Runtime;
using Gateway.Runtime.Mapping;

namespace Gateway.Hosting;

/// <summary>A point of the running data path, as Modbus clients are served it.</summary>
/// <param name="runtime">The data path; null while there is none.</param>
/// <param name="definition">The point.</param>
/// <param name="logger">Takes writes that failed.</param>
internal sealed class LivePoint(Func<GatewayRuntime?> runtime, PointDefinition definition, ILogger logger) : IServedPoint
{
    public PointDefinition Definition => definition;

    public PointValue Read() =>
        runtime()?.Points.Find(definition.DeviceName, definition.Name) is { Quality: Quality.Good or Quality.Uncertain } last ? last.Value : PointValue.None;

    public bool Accepts(PointValue value) => definition.Writable && Scaling.TryUndo(definition, value, out _, out _);

    public async ValueTask<bool> WriteAsync(PointValue value, CancellationToken cancellationToken)
    {
        var error = runtime() is { } path ? (await path.Points.WriteAsync(definition.ToString(), value, cancellationToken)).Error : "nothing is polled";
        if (error is not null)
        {
            Log.ServedWriteFailed(logger, definition.ToString(), value.ToString(), error);
        }

        return error is null;
    }
}
