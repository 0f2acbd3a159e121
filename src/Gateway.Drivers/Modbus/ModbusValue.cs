using System.Globalization;
using Gateway.Abstractions;
using Gateway.Modbus.Values;

namespace Gateway.Drivers.Modbus;

/// <summary>What registers say of a point.</summary>
/// <param name="Value">The raw value.</param>
/// <param name="Reason">Why there is none; null if there is.</param>
internal readonly record struct ModbusReading(PointValue Value, string? Reason)
{
    /// <summary>The reading that it is.</summary>
    public Reading At(Abstractions.Definitions.PointDefinition point, DateTimeOffset time) =>
        Reason is null ? Reading.Good(point, Value, time) : Reading.Bad(point, Reason, time);
}

/// <summary>A point's raw value from and to its bits or registers. Pure.</summary>
internal static class ModbusValue
{
    /// <summary>The largest power of ten that a scale register may hold, up and down.</summary>
    public const int MaxPower = 10;

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.FFF'Z'";

    private static readonly decimal[] Powers = [.. Enumerable.Range(-MaxPower, (2 * MaxPower) + 1).Select(power => power < 0 ? 1 / Power(-power) : Power(power))];

    /// <summary>What the bits of <see cref="ModbusPoint.Range"/> say.</summary>
    public static ModbusReading Decode(ModbusPoint point, ReadOnlySpan<bool> bits)
    {
        if (point.Count == 1)
        {
            return new(PointValue.From(bits[0]), null);
        }

        var values = new PointValue[point.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = PointValue.From(bits[i]);
        }

        return new(PointValue.From(values), null);
    }

    /// <summary>What the registers of <see cref="ModbusPoint.Range"/> say.</summary>
    public static ModbusReading Decode(ModbusPoint point, ReadOnlySpan<ushort> registers)
    {
        if (point.Guard is { } guard && registers[guard.Address - point.Range.Address] != guard.Value)
        {
            return new(PointValue.None, ModbusReasons.ModelMoved);
        }

        var power = point.Power;
        if (point.Apart.Count == 0 && point.ScaleRegister is { } address && !TryGetPower(point, registers[address - point.Range.Address], out power))
        {
            return new(PointValue.None, ModbusReasons.NotAvailable);
        }

        var place = registers.Slice(point.Place.Address - point.Range.Address, point.Place.Count);
        if (point.Count == 1)
        {
            return DecodeOne(point, place, power);
        }

        var values = new PointValue[point.Count];
        var each = place.Length / point.Count;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = DecodeOne(point, place.Slice(i * each, each), power).Value;
        }

        return new(PointValue.From(values), null);
    }

    /// <summary>The power of ten that a scale register holds; false if it holds none.</summary>
    public static bool TryGetPower(ModbusPoint point, ushort register, out int power)
    {
        power = (short)RegisterCodec.DecodeBits([register], point.Order);
        return power is >= -MaxPower and <= MaxPower;
    }

    /// <summary>A value as a bit: a bool, or a number of which only 0 is false. False if it is neither.</summary>
    public static bool TryGetBit(PointValue value, out bool bit)
    {
        bit = value.Kind == PointValueKind.Boolean ? value.AsBoolean : value.TryGetNumber(out var number) && number != 0;
        return value.Kind == PointValueKind.Boolean || value.IsNumber;
    }

    /// <summary>
    /// Writes one value into the registers that it takes; a field into its registers, whose other bits stay.
    /// </summary>
    /// <param name="point">The point.</param>
    /// <param name="value">The raw value.</param>
    /// <param name="power">What its scale register holds; 0 if it has none.</param>
    /// <param name="registers">Where it goes.</param>
    /// <returns>Null, or why the value does not suit the point; nothing was written then.</returns>
    public static string? Encode(ModbusPoint point, PointValue value, int power, Span<ushort> registers)
    {
        switch (point.Content)
        {
            case ModbusContent.Text:
                return RegisterText.TryEncode(value.ToString(), point.Encoding, point.Order, point.Padding, registers)
                    ? null
                    : $"'{value}' is longer than the {2 * registers.Length} bytes that {point.Definition} has room for, or has characters that its encoding lacks";
            case ModbusContent.Time:
                return EncodeTime(point, value, registers);
            case ModbusContent.Address:
                return RegisterAddress.TryEncode(value.ToString(), point.AddressForm, point.Order, registers) ? null : $"'{value}' is no {point.AddressForm} address";
            case ModbusContent.Field:
                return EncodeField(point, value, registers);
            case ModbusContent.Number:
                return EncodeNumber(point, value, power, registers);
            default:
                if (!TryGetBit(value, out var bit))
                {
                    return $"'{value}' is neither true nor false";
                }

                RegisterCodec.EncodeBits(bit ? 1UL : 0, point.Order, registers);
                return null;
        }
    }

    private static ModbusReading DecodeOne(ModbusPoint point, ReadOnlySpan<ushort> registers, int power) => point.Content switch
    {
        ModbusContent.Boolean => new(PointValue.From(registers[0] != 0), null),
        ModbusContent.Field => new(Field(point.Field, RegisterCodec.DecodeBits(registers, point.Order)), null),
        ModbusContent.Text => new(PointValue.From(RegisterText.Decode(registers, point.Encoding, point.Order)), null),
        ModbusContent.Address => new(PointValue.From(RegisterAddress.Decode(registers, point.AddressForm, point.Order)), null),
        ModbusContent.Time => Time(point, registers),
        _ => Number(point, registers, power),
    };

    private static PointValue Field(BitField field, ulong bits)
    {
        var value = RegisterBits.Get(bits, field.Lowest, field.Width);
        return field.Kind switch
        {
            FieldKind.Flag => PointValue.From(value != 0),
            FieldKind.Signed => PointValue.From((long)(value << (64 - field.Width)) >> (64 - field.Width)),
            _ => PointValue.From(value),
        };
    }

    private static ModbusReading Time(ModbusPoint point, ReadOnlySpan<ushort> registers)
    {
        if (!RegisterTime.TryDecode(registers, point.TimeForm, point.Order, out var time)
            || (time.Kind == DateTimeKind.Unspecified && point.TimeZone.IsInvalidTime(time)))
        {
            return new(PointValue.None, ModbusReasons.InvalidTime);
        }

        var utc = time.Kind == DateTimeKind.Utc ? time : TimeZoneInfo.ConvertTimeToUtc(time, point.TimeZone);
        return new(PointValue.From(utc.ToString(TimeFormat, CultureInfo.InvariantCulture)), null);
    }

    private static ModbusReading Number(ModbusPoint point, ReadOnlySpan<ushort> registers, int power)
    {
        if (point.NotAvailable.Count > 0 && point.NotAvailable.Contains(RegisterCodec.DecodeBits(registers, point.Order)))
        {
            return new(PointValue.None, ModbusReasons.NotAvailable);
        }

        var number = RegisterCodec.Decode(registers, point.Type, point.Order);
        if (!number.IsValid)
        {
            return new(PointValue.None, ModbusReasons.InvalidDigits);
        }

        var value = number.Type switch
        {
            RegisterType.Float16 or RegisterType.Float32 => PointValue.From(number.Single),
            RegisterType.Float64 => PointValue.From(number.Double),
            RegisterType.UInt64 => PointValue.From(number.UInt64),
            _ => PointValue.From(number.Int64),
        };
        return new(power != 0 && value.TryGetNumber(out var exact) ? PointValue.From(exact * Powers[power + MaxPower]) : value, null);
    }

    private static string? EncodeTime(ModbusPoint point, PointValue value, Span<ushort> registers)
    {
        if (!DateTimeOffset.TryParse(value.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
        {
            return $"'{value}' is no time such as 2026-11-22T13:45:00Z";
        }

        var shown = point.TimeForm.IsUtc() ? time.UtcDateTime : TimeZoneInfo.ConvertTime(time, point.TimeZone).DateTime;
        return RegisterTime.TryEncode(shown, point.TimeForm, point.Order, registers) ? null : $"{point.Definition} cannot hold the time '{value}'";
    }

    private static string? EncodeField(ModbusPoint point, PointValue value, Span<ushort> registers)
    {
        ulong bits;
        if (point.Field.Kind == FieldKind.Flag)
        {
            if (!TryGetBit(value, out var bit))
            {
                return $"'{value}' is neither true nor false";
            }

            bits = bit ? 1UL : 0;
        }
        else
        {
            var isSigned = point.Field.Kind == FieldKind.Signed;
            decimal largest = ulong.MaxValue >> (64 - point.Field.Width + (isSigned ? 1 : 0));
            var smallest = isSigned ? -largest - 1 : 0;
            if (!TryGetWhole(point, value, 0, out var number) || number < smallest || number > largest)
            {
                return $"'{value}' is not a whole number from {smallest} to {largest}";
            }

            bits = number < 0 ? (ulong)(long)number : (ulong)number;
        }

        var all = RegisterCodec.DecodeBits(registers, point.Order);
        RegisterCodec.EncodeBits(RegisterBits.With(all, point.Field.Lowest, point.Field.Width, bits), point.Order, registers);
        return null;
    }

    private static string? EncodeNumber(ModbusPoint point, PointValue value, int power, Span<ushort> registers)
    {
        var type = ModbusContentParser.NameOf(point.Type);
        if (point.Type.IsFloat() && value.Kind == PointValueKind.Double)
        {
            return RegisterCodec.TryEncode(value.AsDouble, point.Type, point.Order, registers) ? null : $"{value} does not fit {type}";
        }

        if (!TryGetWhole(point, value, power, out var number))
        {
            return value.Kind == PointValueKind.Double ? $"{value} does not fit {type}" : $"'{value}' is not a number";
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

    /// <summary>The number that is written. A scaled point has steps: 21.57 in steps of 0.1 is written as 21.6.</summary>
    private static bool TryGetWhole(ModbusPoint point, PointValue value, int power, out decimal number)
    {
        number = value.Kind == PointValueKind.Boolean && value.AsBoolean ? 1 : 0;
        if (value.Kind != PointValueKind.Boolean && !value.TryGetNumber(out number))
        {
            return false;
        }

        number = power == 0 ? number : number / Powers[power + MaxPower];
        if (!point.Type.IsFloat() && (power != 0 || point.Definition is not { Scale: 1, Offset: 0 }))
        {
            number = decimal.Round(number, MidpointRounding.AwayFromZero);
        }

        return true;
    }

    private static decimal Power(int exponent) => exponent == 0 ? 1 : 10 * Power(exponent - 1);
}
