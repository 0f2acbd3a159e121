using System.Globalization;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;
using Gateway.Modbus.Values;

namespace Gateway.Drivers.Modbus;

/// <summary>A value that is served to Modbus clients: where it lies, and how it is found. Immutable.</summary>
public sealed class ServedValue
{
    private readonly IServedPoint _source;
    private readonly ServedPlace _served;
    private readonly ModbusPoint _point;
    private readonly ushort[]? _notAvailable;

    /// <param name="place">Where, and in which form.</param>
    /// <param name="source">What is served.</param>
    /// <exception cref="FormatException">The type cannot hold what <see cref="ServedPlace.NotAvailable"/> says; the message is one sentence.</exception>
    public ServedValue(ServedPlace place, IServedPoint source)
    {
        ArgumentNullException.ThrowIfNull(place);
        _served = place;
        _source = source;
        _point = Locate(place);
        _notAvailable = place.NotAvailable is { } text && _point.Content != ModbusContent.Bit ? Encode(text) : null;
    }

    internal byte Unit => _served.Unit;

    internal bool IsWritable => _served.IsWritable;

    /// <summary>The bits or registers of all its items.</summary>
    internal ReadRange Place => _point.Place with { Count = _point.Place.Count * _served.Items };

    /// <summary>Puts the value into its bits; false if there is none.</summary>
    internal bool TryGet(Span<bool> bits)
    {
        var value = _source.Read();
        for (var i = 0; i < bits.Length; i++)
        {
            if (!ModbusValue.TryGetBit(ItemOf(value, i), out bits[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Puts the value into its registers; false if there is none, and nothing stands for that.</summary>
    internal bool TryGet(Span<ushort> registers)
    {
        var value = _source.Read();
        var each = _point.Place.Count;
        for (var i = 0; i < _served.Items; i++)
        {
            var own = registers.Slice(i * each, each);
            if (TryEncode(ItemOf(value, i), own))
            {
                continue;
            }

            if (_notAvailable is null)
            {
                return false;
            }

            _notAvailable.CopyTo(own);
        }

        return true;
    }

    /// <summary>What a client wrote into the bit, or into all of the registers, as it would be published; false if that is nothing.</summary>
    internal bool TryDecode(ReadOnlySpan<bool> bits, ReadOnlySpan<ushort> registers, out PointValue value)
    {
        if (_point.Content == ModbusContent.Bit)
        {
            value = PointValue.From(bits[0]);
            return _source.Accepts(value);
        }

        var (raw, reason) = ModbusValue.Decode(_point, registers);
        value = raw.TryGetNumber(out var number) && _served.Scale != 1 ? PointValue.From(number * _served.Scale) : raw;
        if (_source.Definition.Enumeration is { } texts && _point.Content == ModbusContent.Number)
        {
            if (!value.TryGetNumber(out var chosen) || !decimal.IsInteger(chosen) || !texts.TryGetValue((long)chosen, out var text))
            {
                return false;
            }

            value = PointValue.From(text);
        }

        return reason is null && IsFinite(value) && _source.Accepts(value);
    }

    /// <summary>Carries out what <see cref="TryDecode"/> gave.</summary>
    internal ValueTask<WriteOutcome> WriteAsync(PointValue value, CancellationToken cancellationToken) => _source.WriteAsync(value, cancellationToken);

    private static bool IsFinite(PointValue value) => value.Kind switch
    {
        PointValueKind.Single => float.IsFinite(value.AsSingle),
        PointValueKind.Double => double.IsFinite(value.AsDouble),
        _ => true,
    };

    private static ModbusPoint Locate(ServedPlace place)
    {
        var definition = new PointDefinition
        {
            DeviceName = "serve",
            Name = place.Table,
            Every = TimeSpan.FromSeconds(1),
            Scale = place.Scale,
            Settings = new Settings(new Dictionary<string, object>(), new Dictionary<string, SourceLocation>(), default),
        };
        var table = place.Table switch
        {
            "coil" => ModbusTable.Coils,
            "discrete" => ModbusTable.DiscreteInputs,
            "input" => ModbusTable.InputRegisters,
            _ => ModbusTable.HoldingRegisters,
        };
        if (table.HoldsBits())
        {
            return new ModbusPoint(definition, new ReadRange(table, place.Address, 1), ModbusContent.Bit);
        }

        var order = Enum.Parse<ByteOrder>(place.Order);
        if (place.Type == "string")
        {
            return new ModbusPoint(definition, new ReadRange(table, place.Address, place.Length), ModbusContent.Text) { Order = order };
        }

        var number = ModbusContentParser.NumberOf(place.Type);
        return new ModbusPoint(definition, new ReadRange(table, place.Address, number.RegisterCount()), ModbusContent.Number) { Type = number, Order = order };
    }

    private PointValue ItemOf(PointValue value, int i)
    {
        if (value.Kind == PointValueKind.List && _source.Definition.Flags is { } flags)
        {
            return i == 0 ? PointValue.From(flags.Where(flag => value.AsList.Contains(PointValue.From(flag.Value))).Aggregate(0UL, (bits, flag) => bits | (1UL << flag.Key))) : PointValue.None;
        }

        if (value.Kind == PointValueKind.Text && _point.Content != ModbusContent.Text && _source.Definition.Enumeration is { } texts)
        {
            return i == 0 && texts.Where(pair => pair.Value == value.AsText).Select(pair => (long?)pair.Key).FirstOrDefault() is { } number ? PointValue.From(number) : PointValue.None;
        }

        PointValue[] items = value.Kind == PointValueKind.List ? [.. value.AsList] : [value];
        return i < items.Length ? items[i] : PointValue.None;
    }

    private bool TryEncode(PointValue value, Span<ushort> registers)
    {
        if (value.Kind == PointValueKind.None)
        {
            return false;
        }

        if (_point.Content == ModbusContent.Text)
        {
            // What is too long is cut, at a whole character.
            var text = value.ToString();
            while (System.Text.Encoding.UTF8.GetByteCount(text) > 2 * registers.Length)
            {
                text = text[..^1];
            }

            return ModbusValue.Encode(_point, PointValue.From(text), 0, registers) is null;
        }

        var raw = value.TryGetNumber(out var number) && _served.Scale != 1 ? PointValue.From(number / _served.Scale) : value;
        if (raw.TryGetNumber(out var unrounded) && !_point.Type.IsFloat())
        {
            raw = PointValue.From(decimal.Round(unrounded, MidpointRounding.AwayFromZero));
        }

        return ModbusValue.Encode(_point, raw, 0, registers) is null;
    }

    private ushort[] Encode(string notAvailable)
    {
        var registers = new ushort[_point.Place.Count];
        if (_point.Content == ModbusContent.Text)
        {
            return RegisterText.TryEncode(notAvailable, _point.Encoding, _point.Order, _point.Padding, registers)
                ? registers
                : throw new FormatException($"'{notAvailable}' is longer than the {2 * registers.Length} bytes of {ModbusPointParser.Count(registers.Length)}");
        }

        if (notAvailable.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(notAvailable.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            && (registers.Length == 4 || bits >> (16 * registers.Length) == 0))
        {
            RegisterCodec.EncodeBits(bits, _point.Order, registers);
            return registers;
        }

        return decimal.TryParse(notAvailable, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && RegisterCodec.TryEncode(number, _point.Type, _point.Order, registers)
            ? registers
            : throw new FormatException($"'{notAvailable}' is nothing that '{ModbusContentParser.NameOf(_point.Type)}' can hold; write a number, or the bits such as 0x{new string('F', 4 * registers.Length)}");
    }
}
