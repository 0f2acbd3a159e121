using System.Net;
using System.Net.NetworkInformation;

namespace Gateway.Modbus.Values;

/// <summary>The network addresses that registers hold.</summary>
public enum AddressForm
{
    /// <summary>Two registers.</summary>
    IPv4,

    /// <summary>Eight registers.</summary>
    IPv6,

    /// <summary>Three registers.</summary>
    Mac,
}

/// <summary>Network addresses from and to registers, as people write them.</summary>
public static class RegisterAddress
{
    /// <summary>How many registers a form takes.</summary>
    public static int RegisterCount(this AddressForm form) => form switch
    {
        AddressForm.IPv4 => 2,
        AddressForm.Mac => 3,
        _ => 8,
    };

    /// <summary><c>192.168.1.20</c>, <c>fe80::1</c>, <c>00:1a:2b:3c:4d:5e</c>.</summary>
    public static string Decode(ReadOnlySpan<ushort> registers, AddressForm form, ByteOrder order)
    {
        Span<byte> bytes = stackalloc byte[2 * form.RegisterCount()];
        RegisterBytes.Read(registers, order, bytes);
        if (form != AddressForm.Mac)
            return new IPAddress(bytes).ToString();

        return string.Create(17, bytes, static (text, address) =>
        {
            for (var i = 0; i < address.Length; i++)
            {
                address[i].TryFormat(text[(3 * i)..], out _, "x2");
                if (i > 0)
                    text[3 * i - 1] = ':';
            }
        });
    }

    /// <summary>Writes an address; false, and nothing written, if the text is none of this form.</summary>
    public static bool TryEncode(string text, AddressForm form, ByteOrder order, Span<ushort> registers)
    {
        var bytes = form == AddressForm.Mac
            ? PhysicalAddress.TryParse(text, out var mac) ? mac.GetAddressBytes() : []
            : IPAddress.TryParse(text, out var address) ? address.GetAddressBytes() : [];
        if (bytes.Length != 2 * form.RegisterCount())
            return false;

        RegisterBytes.Write(bytes, order, registers);
        return true;
    }
}
