using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Modbus;

/// <summary>A point of the gateway, as Modbus clients are served it. Thread-safe.</summary>
public interface IServedPoint
{
    /// <summary>What its map says of it.</summary>
    PointDefinition Definition { get; }

    /// <summary>Its newest value as it is published; <see cref="PointValue.None"/> while there is no good one.</summary>
    PointValue Read();

    /// <summary>Whether a command may have this value, as far as that can be told without the device.</summary>
    bool Accepts(PointValue value);

    /// <summary>Carries a client's write out as a command: into the device, and back as the newest value.</summary>
    ValueTask<WriteOutcome> WriteAsync(PointValue value, CancellationToken cancellationToken);
}
