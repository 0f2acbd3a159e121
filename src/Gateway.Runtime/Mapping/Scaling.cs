using System.Globalization;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Mapping;

/// <summary>
/// Raw value ↔ published value of a point: scale, offset, rounding, enumeration and flags, in decimal, so that 0.1 × 235 is 23.5. Pure.
/// </summary>
public static class Scaling
{
    /// <summary>The reason of a number that an enumeration has no text for.</summary>
    internal const string UnknownText = "unknown-enum-value";

    /// <summary>Raw → published. A value that cannot be scaled (NaN, an infinity) becomes bad with reason <c>not-a-number</c>.</summary>
    /// <param name="point">Whose scale, offset, rounding, enumeration and flags apply.</param>
    /// <param name="raw">The value as the driver read it.</param>
    /// <returns>The value, its quality and the reason if that is not good.</returns>
    public static (PointValue Value, Quality Quality, string? Reason) Apply(PointDefinition point, in PointValue raw)
    {
        if (raw.Kind == PointValueKind.List)
        {
            return (ApplyToEach(point, raw), Quality.Good, null);
        }

        if (point.Flags is { } flags && raw.TryGetNumber(out var bits) && bits >= 0)
        {
            return (TextsOf(flags, (ulong)bits), Quality.Good, null);
        }

        if (point.Enumeration is { } texts && TryGetWhole(raw, out var number))
        {
            return texts.TryGetValue(number, out var text)
                ? (PointValue.From(text), Quality.Good, null)
                : (raw, Quality.Uncertain, UnknownText);
        }

        if (!raw.IsNumber)
        {
            return (raw, Quality.Good, null);
        }

        var isFinite = raw.Kind switch
        {
            PointValueKind.Single => float.IsFinite(raw.AsSingle),
            PointValueKind.Double => double.IsFinite(raw.AsDouble),
            _ => true,
        };
        if (!isFinite)
        {
            return (PointValue.None, Quality.Bad, "not-a-number");
        }

        var scaled = point is { Scale: 1, Offset: 0 } ? raw : Multiply(raw, point.Scale, point.Offset);
        return (point.Decimals is { } decimals ? Round(scaled, decimals) : scaled, Quality.Good, null);
    }

    /// <summary>Published → raw, for a command. False with a sentence for people if the value does not suit the point.</summary>
    public static bool TryUndo(PointDefinition point, in PointValue value, out PointValue raw, out string? error)
    {
        raw = value;
        error = null;
        if (point.Enumeration is { } texts && value.Kind == PointValueKind.Text)
        {
            var wanted = value.AsText;
            foreach (var (number, text) in texts)
            {
                if (text == wanted)
                {
                    raw = PointValue.From(number);
                    return true;
                }
            }

            error = $"'{wanted}' is not one of {string.Join(", ", texts.Values)}";
            return false;
        }

        if (!value.TryGetNumber(out var published))
        {
            return true;
        }

        var (minimum, maximum) = (point.WriteMinimum ?? point.Minimum, point.WriteMaximum ?? point.Maximum);
        if (published < minimum || published > maximum)
        {
            error = string.Create(CultureInfo.InvariantCulture, $"{value} is outside {minimum?.ToString(CultureInfo.InvariantCulture) ?? "…"} to {maximum?.ToString(CultureInfo.InvariantCulture) ?? "…"}");
            return false;
        }

        if (point is not { Scale: 1, Offset: 0 })
        {
            raw = PointValue.From((published - point.Offset) / point.Scale);
        }

        return true;
    }

    // One value that is none does not spoil the others: it is null in their midst.
    private static PointValue ApplyToEach(PointDefinition point, in PointValue raw)
    {
        var values = raw.AsList.ToArray();
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Apply(point, values[i]).Value;
        }

        return PointValue.From(values);
    }

    // A bit that the map does not know is told by its number: what a device says is not kept back.
    private static PointValue TextsOf(IReadOnlyDictionary<int, string> flags, ulong bits)
    {
        var texts = new List<PointValue>();
        for (var bit = 0; bits != 0; bit++, bits >>= 1)
        {
            if ((bits & 1) != 0)
            {
                texts.Add(PointValue.From(flags.TryGetValue(bit, out var text) ? text : $"bit-{bit}"));
            }
        }

        return PointValue.From([.. texts]);
    }

    private static PointValue Round(in PointValue value, int decimals) =>
        value.TryGetNumber(out var number) ? PointValue.From(decimal.Round(number, decimals, MidpointRounding.AwayFromZero)) : value;

    private static bool TryGetWhole(in PointValue value, out long number)
    {
        number = value.Kind switch
        {
            PointValueKind.Integer => value.AsInteger,
            PointValueKind.Boolean => value.AsBoolean ? 1 : 0,
            _ => 0,
        };
        return value.Kind is PointValueKind.Integer or PointValueKind.Boolean;
    }

    private static PointValue Multiply(in PointValue raw, decimal scale, decimal offset)
    {
        if (raw.TryGetNumber(out var number))
        {
            try
            {
                return PointValue.From((number * scale) + offset);
            }
            catch (OverflowException)
            {
                // Beyond decimal's ±7.9e28: binary arithmetic below has the range.
            }
        }

        var binary = raw.Kind == PointValueKind.Single ? raw.AsSingle : raw.Kind == PointValueKind.Double ? raw.AsDouble : (double)number;
        return PointValue.From((binary * (double)scale) + (double)offset);
    }
}
