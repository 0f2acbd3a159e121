using System.Collections.ObjectModel;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Server;

/// <summary>What a unit says of itself.</summary>
public sealed record ModbusIdentity
{
    /// <summary>The answer to function 17, up to 250 bytes. Default: none; the function is refused.</summary>
    public ReadOnlyMemory<byte> ServerId { get; init; }

    /// <summary>
    /// The answer to function 43/14: texts of up to 244 bytes in UTF-8 by <see cref="IdentificationObject"/>. Default: none; the function is refused.
    /// </summary>
    public IReadOnlyDictionary<byte, string> Objects { get; init; } = ReadOnlyDictionary<byte, string>.Empty;
}
