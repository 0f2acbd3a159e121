using Gateway.Drivers.Modbus;

namespace Gateway.Web.Scans;

/// <summary>The lines that the service has open itself: whoever wants one of them goes through the service.</summary>
internal interface ISharedLines
{
    /// <summary>A way through the service to a line that it has open.</summary>
    /// <param name="line">The line.</param>
    /// <param name="refusal">Why there is none, one sentence; null: there is one, or the service does not have the line open.</param>
    /// <returns>The way, which ends with its disposal; null: there is none.</returns>
    SharedLine? Open(ModbusTarget line, out string? refusal);
}

/// <summary>A way through the service to a line. Dispose it to close it.</summary>
/// <param name="Target">The line with its real settings, reached through the service.</param>
/// <param name="Owner">What closes it.</param>
internal sealed record SharedLine(ModbusTarget Target, IAsyncDisposable Owner) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Owner.DisposeAsync();
}
