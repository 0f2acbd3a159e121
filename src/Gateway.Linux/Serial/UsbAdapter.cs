using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Gateway.Linux.Serial;

/// <summary>A USB serial adapter by what it says of itself, wherever it is plugged. Immutable.</summary>
/// <param name="Vendor">Its vendor id.</param>
/// <param name="Product">Its product id.</param>
/// <param name="Serial">Its serial number; null: any.</param>
public sealed record UsbAdapter(ushort Vendor, ushort Product, string? Serial)
{
    /// <summary>How such a port begins.</summary>
    public const string Prefix = "usb:";

    /// <summary>Reads <c>usb:0403:6001</c> or <c>usb:0403:6001:A9XYZ</c>: ids in hexadecimal, as <c>lsusb</c> shows them.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out UsbAdapter? adapter)
    {
        ArgumentNullException.ThrowIfNull(text);
        adapter = null;
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;

        var parts = text[Prefix.Length..].Split(':', 3);
        if (parts.Length < 2 || !TryParseId(parts[0], out var vendor) || !TryParseId(parts[1], out var product) || parts is [_, _, ""])
            return false;

        adapter = new UsbAdapter(vendor, product, parts.Length == 3 ? parts[2] : null);
        return true;
    }

    /// <summary>The form that <see cref="TryParse"/> reads.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Vendor:x4}:{Product:x4}{(Serial is null ? "" : $":{Serial}")}");

    private static bool TryParseId(string text, out ushort id)
    {
        id = 0;
        return text.Length is >= 1 and <= 4 && ushort.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
    }
}
