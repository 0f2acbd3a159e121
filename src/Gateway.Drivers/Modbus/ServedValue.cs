using System.Globalization;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;
using Gateway.Modbus.Values;

namespace Gateway.Drivers.Modbus;

/// <summary>A value that is served to Modbus clients: where it lies, and how it is found. Immutable.</summary>
public sealed class ServedValue
{
    private readonly Func<PointValue> _read;
    private readonly ModbusPoint _point;
    private readonly ulong? _notAvailable;

    private ServedValue(byte unit, ModbusPoint point, ulong? notAvailable, Func<PointValue> read)
    {
        Unit = unit;
        _point = point;
        _notAvailable = notAvailable;
        _read = read;
    }

    /// <summary>The unit id under which it is served.</summary>
    public byte Unit { get; }

    internal ReadRange Place => _point.Place;

    /// <summary>Makes one.</summary>
    /// <param name="unit">The unit id under which it is served.</param>
    /// <param name="table">The table, as maps call it.</param>
    /// <param name="address">The zero-based wire address.</param>
    /// <param name="type">A number's type, as maps call it; <c>bool</c> for a bit.</param>
    /// <param name="order">The order of the bytes, as maps call it.</param>
    /// <param name="scale">Registers × scale is the value; not 0.</param>
    /// <param name="notAvailable">What the registers show where there is no value: a number, or bits in hexadecimal; null: the request is refused.</param>
    /// <param name="read">The newest value; <see cref="PointValue.None"/> while there is no good one. Any thread calls it.</param>
    /// <exception cref="FormatException">The type cannot hold what <paramref name="notAvailable"/> says; the message is one sentence.</exception>
    public static ServedValue Create(
        byte unit, string table, ushort address, string type, string order, decimal scale, string? notAvailable, Func<PointValue> read)
    {
        var definition = new PointDefinition
        {
            DeviceName = "serve",
            Name = table,
            Every = TimeSpan.FromSeconds(1),
            Scale = scale,
            Settings = new Settings(new Dictionary<string, object>(), new Dictionary<string, SourceLocation>(), default),
        };
        var found = table switch
        {
            "coil" => ModbusTable.Coils,
            "discrete" => ModbusTable.DiscreteInputs,
            "input" => ModbusTable.InputRegisters,
            _ => ModbusTable.HoldingRegisters,
        };
        if (found.HoldsBits())
        {
            return new ServedValue(unit, new ModbusPoint(definition, new ReadRange(found, address, 1), ModbusContent.Bit), null, read);
        }

        var number = ModbusContentParser.NumberOf(type);
        var point = new ModbusPoint(definition, new ReadRange(found, address, number.RegisterCount()), ModbusContent.Number) { Type = number, Order = Enum.Parse<ByteOrder>(order) };
        return new ServedValue(unit, point, notAvailable is null ? null : ReadBits(notAvailable, number), read);
    }

    /// <summary>Puts the value into its bit; false if there is none.</summary>
    internal bool TryGet(out bool bit)
    {
        var value = _read();
        return ModbusValue.TryGetBit(value, out bit);
    }

    /// <summary>Puts the value into its registers; false if there is none, and nothing stands for that.</summary>
    internal bool TryGet(Span<ushort> registers)
    {
        var value = _read();
        var (scale, offset) = (_point.Definition.Scale, _point.Definition.Offset);
        var raw = value.TryGetNumber(out var number) && scale != 1 ? PointValue.From((number - offset) / scale) : value;
        if (raw.TryGetNumber(out var unrounded) && !_point.Type.IsFloat())
        {
            raw = PointValue.From(decimal.Round(unrounded, MidpointRounding.AwayFromZero));
        }

        if (value.Kind != PointValueKind.None && ModbusValue.Encode(_point, raw, 0, registers) is null)
        {
            return true;
        }

        if (_notAvailable is { } bits)
        {
            RegisterCodec.EncodeBits(bits, _point.Order, registers);
        }

        return _notAvailable is not null;
    }

    private static ulong ReadBits(string text, RegisterType type)
    {
        var registers = new ushort[type.RegisterCount()];
        if (text.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            && (registers.Length == 4 || bits >> (16 * registers.Length) == 0))
        {
            return bits;
        }

        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && RegisterCodec.TryEncode(number, type, ByteOrder.ABCD, registers)
            ? RegisterCodec.DecodeBits(registers, ByteOrder.ABCD)
            : throw new FormatException($"'{text}' is nothing that '{ModbusContentParser.NameOf(type)}' can hold; write a number, or the bits such as 0x{new string('F', 4 * registers.Length)}");
    }
}
