using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Modbus.Security;

/// <summary>
/// The role in a client's certificate, by which a server may decide what the client may do. Modbus/TCP Security
/// (MB-TCP-Security-v21) §8.4.
/// </summary>
public static class ModbusRole
{
    /// <summary>The extension that holds it, as a UTF8String.</summary>
    public const string ExtensionOid = "1.3.6.1.4.1.50316.802.1";

    /// <summary>Reads the role; null if the certificate has none, or more than one, or it is no text.</summary>
    public static string? Of(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var roles = certificate.Extensions.Where(extension => extension.Oid?.Value == ExtensionOid).ToList();
        if (roles.Count != 1)
            return null;

        try
        {
            var reader = new AsnReader(roles[0].RawData, AsnEncodingRules.DER);
            var role = reader.ReadCharacterString(UniversalTagNumber.UTF8String);
            reader.ThrowIfNotEmpty();
            return role;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
