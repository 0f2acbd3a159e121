using Gateway.Abstractions;
using Gateway.Modbus.Values;

namespace Gateway.Drivers.Modbus;

/// <summary>A point's raw value from and to its registers. Pure.</summary>
internal static class ModbusValue
{
    /// <summary>The value that these registers hold, as many as the point takes.</summary>
    public static PointValue Decode(ModbusPoint point, ReadOnlySpan<ushort> registers) => point.Content switch
    {
        ModbusContent.RegisterBit => PointValue.From(RegisterBits.Get(Word(registers[0], point.Order), point.Bit)),
        ModbusContent.RegisterBoolean => PointValue.From(RegisterBits.IsTrue(registers[0])),
        ModbusContent.Text => PointValue.From(RegisterText.Decode(registers, point.Order)),
        _ => Number(RegisterCodec.Decode(registers, point.Type, point.Order)),
    };

    /// <summary>A value as a bit: a bool, or a number of which only 0 is false. False if it is neither.</summary>
    public static bool TryGetBit(PointValue value, out bool bit)
    {
        bit = value.Kind == PointValueKind.Boolean ? value.AsBoolean : value.TryGetNumber(out var number) && number != 0;
        return value.Kind == PointValueKind.Boolean || value.IsNumber;
    }

    /// <summary>
    /// Writes a value into as many registers as the point takes; a register bit into its register, whose other bits stay.
    /// </summary>
    /// <returns>Null, or why the value does not suit the point; nothing was written then.</returns>
    public static string? Encode(ModbusPoint point, PointValue value, Span<ushort> registers)
    {
        switch (point.Content)
        {
            case ModbusContent.Text:
                return RegisterText.TryEncode(value.ToString(), point.Order, registers)
                    ? null
                    : $"'{value}' is longer than the {2 * point.Range.Count} bytes that {point.Definition} has room for";
            case ModbusContent.RegisterBit or ModbusContent.RegisterBoolean or ModbusContent.Bit:
                if (!TryGetBit(value, out var bit))
                {
                    return $"'{value}' is neither true nor false";
                }

                registers[0] = point.Content == ModbusContent.RegisterBit
                    ? Word(RegisterBits.With(Word(registers[0], point.Order), point.Bit, bit), point.Order)
                    : Word(bit ? (ushort)1 : (ushort)0, point.Order);
                return null;
            default:
                return EncodeNumber(point, value, registers);
        }
    }

    private static string? EncodeNumber(ModbusPoint point, PointValue value, Span<ushort> registers)
    {
        if (value.Kind == PointValueKind.Boolean)
        {
            value = PointValue.From(value.AsBoolean ? 1L : 0);
        }

        var type = ModbusPointParser.NameOf(point.Type);
        if (!value.TryGetNumber(out var number))
        {
            // Beyond decimal's range, or no number at all.
            return value.Kind != PointValueKind.Double
                ? $"'{value}' is not a number"
                : RegisterCodec.TryEncode(value.AsDouble, point.Type, point.Order, registers) ? null : $"{value} does not fit {type}";
        }

        // A scaled point has steps: 21.57 in steps of 0.1 is written as 21.6.
        if (!point.Type.IsFloat() && point.Definition is not { Scale: 1, Offset: 0 })
        {
            number = decimal.Round(number, MidpointRounding.AwayFromZero);
        }

        if (RegisterCodec.TryEncode(number, point.Type, point.Order, registers))
        {
            return null;
        }

        return point.Type.IsFloat()
            ? $"{value} does not fit {type}"
            : decimal.IsInteger(number)
                ? $"{value} does not fit {type}, which holds {point.Type.Minimum()} to {point.Type.Maximum()}"
                : $"{value} is not a whole number, and {type} holds no other";
    }

    private static PointValue Number(RegisterValue value) => value.Type switch
    {
        RegisterType.Float32 => PointValue.From(value.Single),
        RegisterType.Float64 => PointValue.From(value.Double),
        RegisterType.UInt64 => PointValue.From(value.UInt64),
        _ => PointValue.From(value.Int64),
    };

    // The register with its bytes as the map says they stand.
    private static ushort Word(ushort register, ByteOrder order) =>
        (ushort)RegisterCodec.Decode([register], RegisterType.UInt16, order).UInt64;
}
