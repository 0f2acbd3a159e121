using Gateway.Abstractions.Definitions;
using Gateway.Modbus.Planning;
using Gateway.Modbus.Values;

namespace Gateway.Drivers.Modbus;

/// <summary>What a point's bits or registers hold.</summary>
internal enum ModbusContent
{
    /// <summary>A coil or a discrete input.</summary>
    Bit,

    /// <summary>One bit of a register.</summary>
    RegisterBit,

    /// <summary>A whole register: 0 is false, all else is true.</summary>
    RegisterBoolean,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A text.</summary>
    Text,
}

/// <summary>Where a point is found in its device, and how it is read. Immutable.</summary>
/// <param name="Definition">The point.</param>
/// <param name="Range">Its bits or registers.</param>
/// <param name="Content">What they hold.</param>
internal sealed record ModbusPoint(PointDefinition Definition, ReadRange Range, ModbusContent Content)
{
    /// <summary>The type of a <see cref="ModbusContent.Number"/>.</summary>
    public RegisterType Type { get; init; }

    /// <summary>The order of the bytes.</summary>
    public ByteOrder Order { get; init; }

    /// <summary>The bit of a <see cref="ModbusContent.RegisterBit"/>, 0 the least significant.</summary>
    public int Bit { get; init; }
}
