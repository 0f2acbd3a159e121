using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Plugins;

namespace Gateway.Drivers.DotnetIot.Transports;

/// <summary>Serial ports by System.IO.Ports, for development on systems that are no Linux. Thread-safe.</summary>
public sealed class SerialPortTransport : ITransport
{
    /// <inheritdoc/>
    public string Name => "system-io-ports";

    /// <inheritdoc/>
    public ValueTask<Stream> OpenAsync(Settings bus, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bus);
        return ValueTask.FromResult<Stream>(new SerialPortStream(SerialPorts.Open(bus)));
    }
}
