using System.Diagnostics.CodeAnalysis;

namespace Gateway.Mqtt.Transport;

/// <summary>
/// The addresses of MQTT servers: <c>mqtt://host[:1883]</c>, <c>mqtts://host[:8883]</c>, <c>ws://host[:80]/path</c>,
/// <c>wss://host[:443]/path</c>, <c>unix:/path</c>. Credentials do not belong in an address.
/// </summary>
public static class MqttServerUri
{
    private const string Forms = "mqtt://host[:port], mqtts://host[:port], ws://host[:port]/path, wss://host[:port]/path or unix:/path";

    /// <summary>Reads an address and fills in the default port.</summary>
    /// <param name="text">The address.</param>
    /// <param name="uri">The address, if the answer is true.</param>
    /// <param name="error">One sentence, if it is false.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? uri, [NotNullWhen(false)] out string? error)
    {
        uri = Uri.TryCreate(text, UriKind.Absolute, out var parsed) ? Normalize(parsed) : null;
        error = uri is null ? $"'{text}' is no address of an MQTT server: write {Forms}." : null;
        if (uri is { UserInfo.Length: > 0 })
        {
            uri = null;
            error = "The address of an MQTT server holds no user name or password: set them by their own keys.";
        }

        return uri is not null;
    }

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <exception cref="FormatException">It is none; the message says what is.</exception>
    public static Uri Parse(string text) => TryParse(text, out var uri, out var error) ? uri : throw new FormatException(error);

    private static Uri? Normalize(Uri uri)
    {
        if (uri.Scheme == "unix")
        {
            return uri.AbsolutePath.Length > 1 ? uri : null;
        }

        int? defaultPort = uri.Scheme switch
        {
            "mqtt" => 1883,
            "mqtts" => 8883,
            "ws" => 80,
            "wss" => 443,
            _ => null,
        };
        if (defaultPort is null || uri.Host.Length == 0 || !HasNameForDns(uri))
        {
            return null;
        }

        return uri.Port > 0 ? uri : new UriBuilder(uri) { Port = defaultPort.Value }.Uri;
    }

    // Not every name that Uri takes can be written for DNS, and that shows only here.
    private static bool HasNameForDns(Uri uri)
    {
        try
        {
            return uri.IdnHost.Length > 0;
        }
        catch (UriFormatException)
        {
            return false;
        }
    }
}
