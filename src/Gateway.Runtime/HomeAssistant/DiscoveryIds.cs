using System.Security.Cryptography;
using System.Text;

namespace Gateway.Runtime.HomeAssistant;

/// <summary>The names by which Home Assistant knows devices and entities: letters, digits, hyphens and underscores, of any names that topics may have. Pure.</summary>
/// <param name="site">The site.</param>
internal sealed class DiscoveryIds(string site)
{
    /// <summary>Of the gateway itself; no device has it.</summary>
    public string Gateway { get; } = Join(site, "_gateway", mayHaveUnderscore: false);

    /// <summary>Of a device: <c>plant1_boiler</c>.</summary>
    public string Of(string device) => Join(site, device, mayHaveUnderscore: false);

    /// <summary>Of a component within its device: <c>sensor_flow</c>. Another platform is another component, since an entity cannot change it.</summary>
    public static string OfComponent(string platform, string point) => Join(platform, point, mayHaveUnderscore: true);

    // Names that had to be changed, or that could be parted in two ways, get a mark of the unchanged ones, so that no two are alike.
    private static string Join(string first, string second, bool mayHaveUnderscore)
    {
        var joined = $"{first}_{second}";
        var plain = string.Concat(joined.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'));
        var isUnique = plain == joined && (mayHaveUnderscore || joined.IndexOf('_') == joined.LastIndexOf('_'));
        return isUnique ? plain : $"{plain}_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{first}\n{second}")).AsSpan(0, 4))}";
    }
}
