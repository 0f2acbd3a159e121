using Gateway.Abstractions.Definitions;
using Gateway.Modbus.Planning;
using Gateway.Modbus.Values;

namespace Gateway.Drivers.Modbus;

/// <summary>What a point's bits or registers hold.</summary>
internal enum ModbusContent
{
    /// <summary>A coil or a discrete input.</summary>
    Bit,

    /// <summary>A whole register: 0 is false, all else is true.</summary>
    Boolean,

    /// <summary>Some bits of a whole number.</summary>
    Field,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A date and time.</summary>
    Time,

    /// <summary>A network address.</summary>
    Address,
}

/// <summary>What the bits of a field are.</summary>
internal enum FieldKind
{
    /// <summary>One bit: true or false.</summary>
    Flag,

    /// <summary>A number from zero.</summary>
    Unsigned,

    /// <summary>A number in two's complement.</summary>
    Signed,
}

/// <summary>Some bits of a whole number.</summary>
/// <param name="Lowest">The least significant one, from 0.</param>
/// <param name="Width">How many, at least 1.</param>
/// <param name="Kind">What they are.</param>
internal readonly record struct BitField(int Lowest, int Width, FieldKind Kind)
{
    /// <summary>The field's bits within the number.</summary>
    public ulong Mask => ulong.MaxValue >> (64 - Width) << Lowest;
}

/// <summary>Where a point is found in its device, and how it is read. Immutable.</summary>
/// <param name="Definition">The point.</param>
/// <param name="Place">The bits or registers of its value.</param>
/// <param name="Content">What they hold.</param>
internal sealed record ModbusPoint(PointDefinition Definition, ReadRange Place, ModbusContent Content)
{
    /// <summary>What is read together: the value, and what it cannot be told without.</summary>
    public ReadRange Range { get; init; } = Place;

    /// <summary>The type of a <see cref="ModbusContent.Number"/>.</summary>
    public RegisterType Type { get; init; }

    /// <summary>The order of the bytes.</summary>
    public ByteOrder Order { get; init; }

    /// <summary>The bits of a <see cref="ModbusContent.Field"/>.</summary>
    public BitField Field { get; init; }

    /// <summary>How the characters of a <see cref="ModbusContent.Text"/> lie.</summary>
    public TextEncoding Encoding { get; init; }

    /// <summary>What follows a <see cref="ModbusContent.Text"/> that is shorter than its place.</summary>
    public char Padding { get; init; }

    /// <summary>How a <see cref="ModbusContent.Time"/> lies.</summary>
    public TimeForm TimeForm { get; init; }

    /// <summary>The zone of a <see cref="ModbusContent.Time"/> that shows a clock.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>What a <see cref="ModbusContent.Address"/> is.</summary>
    public AddressForm AddressForm { get; init; }

    /// <summary>How many values of the same kind stand in the place: more than 1 make a list.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The address of the register, of the same table and within <see cref="Range"/> or <see cref="Apart"/>, that holds a power of ten; null if there is none.</summary>
    public int? ScaleRegister { get; init; }

    /// <summary>What the value cannot be told without and is too far from it to be read with it; empty where <see cref="Range"/> has all.</summary>
    public IReadOnlyList<ReadRange> Apart { get; init; } = [];

    /// <summary>What <see cref="ScaleRegister"/> held when it was read apart.</summary>
    public int Power { get; init; }

    /// <summary>A register within <see cref="Range"/> and what it must hold for the value to be the point's; null if nothing tells.</summary>
    public (ushort Address, ushort Value)? Guard { get; init; }

    /// <summary>What the bits are where the device has no value.</summary>
    public IReadOnlyList<ulong> NotAvailable { get; init; } = [];

    /// <summary>How the point is written; null if it is not.</summary>
    public ModbusWriteForm? Write { get; init; }
}

/// <summary>How registers are written.</summary>
internal enum ModbusWriteFunction
{
    /// <summary>Functions 5 and 6 for one, 15 and 16 for more.</summary>
    Automatic,

    /// <summary>Functions 15 and 16 for one, too.</summary>
    Multiple,

    /// <summary>Function 22 for some bits of a register.</summary>
    Mask,
}

/// <summary>How a point is written. Immutable.</summary>
/// <param name="Place">The coil or the registers.</param>
/// <param name="Function">By which function.</param>
/// <param name="IsReadBack">Whether the value is read afterwards and compared.</param>
internal sealed record ModbusWriteForm(ReadRange Place, ModbusWriteFunction Function, bool IsReadBack);
