using System.Globalization;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Mapping;

/// <summary>
/// Raw value ↔ published value of a point: scale, offset and enumeration, in decimal, so that 0.1 × 235 is 23.5. Pure.
/// </summary>
public static class Scaling
{
    /// <summary>Raw → published. A value that cannot be scaled (NaN, an infinity) becomes bad with reason <c>not-a-number</c>.</summary>
    /// <param name="point">Whose scale, offset and enumeration apply.</param>
    /// <param name="raw">The value as the driver read it.</param>
    /// <returns>The value, its quality and the reason if that is not good.</returns>
    public static (PointValue Value, Quality Quality, string? Reason) Apply(PointDefinition point, in PointValue raw)
    {
        if (point.Enumeration is { } texts && TryGetWhole(raw, out var number))
        {
            return texts.TryGetValue(number, out var text)
                ? (PointValue.From(text), Quality.Good, null)
                : (raw, Quality.Uncertain, "unknown-enum-value");
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

        return point is { Scale: 1, Offset: 0 } ? (raw, Quality.Good, null) : (Multiply(raw, point.Scale, point.Offset), Quality.Good, null);
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

        if (published < point.Minimum || published > point.Maximum)
        {
            error = string.Create(CultureInfo.InvariantCulture, $"{value} is outside {point.Minimum?.ToString(CultureInfo.InvariantCulture) ?? "…"} to {point.Maximum?.ToString(CultureInfo.InvariantCulture) ?? "…"}");
            return false;
        }

        if (point is not { Scale: 1, Offset: 0 })
        {
            raw = PointValue.From((published - point.Offset) / point.Scale);
        }

        return true;
    }

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
