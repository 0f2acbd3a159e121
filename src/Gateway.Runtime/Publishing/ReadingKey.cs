using Gateway.Mqtt.Packets;

namespace Gateway.Runtime.Publishing;

/// <summary>Tells readings from other messages by their key, the User Property <c>id</c>: {site}-{boot}-{sequence}, and a site may have hyphens. Pure.</summary>
internal static class ReadingKey
{
    /// <summary>The site of a reading; null: it is none.</summary>
    public static string? SiteOf(ApplicationMessage message)
    {
        if (message.UserProperties.FirstOrDefault(property => property.Name == "id").Value is not { } key)
        {
            return null;
        }

        var parts = key.Split('-');
        return parts.Length >= 3 && IsNumber(parts[^1]) && IsNumber(parts[^2]) ? string.Join('-', parts[..^2]) : null;
    }

    private static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);
}
