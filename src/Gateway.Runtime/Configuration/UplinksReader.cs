using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Packets;

namespace Gateway.Runtime.Configuration;

/// <summary>Turns the section <c>uplink</c>, one or a list, into options, and sees that uplinks do not get in each other's way.</summary>
internal sealed class UplinksReader(Func<UplinkReader.Names, UplinkReader> readerFor, ICollection<Diagnostic> diagnostics)
{
    private const int LongestName = 40;

    /// <summary>The uplinks; without those in which something is wrong, which is reported.</summary>
    public IReadOnlyList<UplinkOptions> Read(IReadOnlyList<Settings> written, string site, PublishOptions publish, IReadOnlyList<Uri> ownListeners)
    {
        var uplinks = new List<UplinkOptions>();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var settings in written)
        {
            var name = ReadName(settings, isOnly: written.Count == 1);
            if (name is null)
            {
                continue;
            }

            if (!names.Add(name))
            {
                Refuse(settings, "name", $"two uplinks are called '{name}'; each needs a name of its own");
            }

            var isNamed = settings.IsWritten("name");
            if (readerFor(isNamed ? UplinkReader.OfUplinkNamed(name) : UplinkReader.OfUplink).Read(settings, site, ownListeners) is not { } options)
            {
                continue;
            }

            if (uplinks.Find(other => other.ClientId == options.ClientId && other.Urls.Intersect(options.Urls).Any()) is { } other)
            {
                Refuse(settings, "client-id", $"the uplink '{other.Name}' is '{options.ClientId}' at the same broker already: two connections with one client identifier throw each other out");
            }

            if (options.QoS == QualityOfService.AtMostOnce)
            {
                diagnostics.Add(Diagnostic.Warning(settings.Locate("qos"), "with QoS 0 a reading leaves the queue when it is sent, and what is under way when the connection breaks is lost; write qos: 1 to keep it until the broker has it"));
            }

            var ownPublish = settings.TryGet<Settings>("publish", out var own) && settings.IsWritten("publish") ? PublishReader.Read(own, publish, diagnostics) : null;
            var isThingsBoard = (ownPublish ?? publish).Format == PayloadStyle.ThingsBoard;
            if (isThingsBoard)
            {
                CheckThingsBoard(settings, options);
            }

            uplinks.Add(options with { Name = name, Publish = ownPublish, UsesToken = isThingsBoard && options is { Username: null, Password: not null } });
        }

        return uplinks;
    }

    private void CheckThingsBoard(Settings settings, UplinkOptions options)
    {
        if (options.QoS == QualityOfService.ExactlyOnce)
        {
            Refuse(settings, "qos", "ThingsBoard takes messages at QoS 0 and 1; write qos: 1");
        }

        if (options is { Username: null, Password: null, Tls.CertificateFile: null })
        {
            diagnostics.Add(Diagnostic.Error(settings.Location, "ThingsBoard knows the gateway by an access token: write it into a file of its own and name that in 'password-file'"));
        }
    }

    private string? ReadName(Settings settings, bool isOnly)
    {
        if (!settings.TryGet<string>("name", out var name))
        {
            if (isOnly)
            {
                return UplinkOptions.DefaultName;
            }

            diagnostics.Add(Diagnostic.Error(settings.Location, "each of several uplinks needs a 'name', for example name: cloud"));
            return null;
        }

        if (name.Length is 0 or > LongestName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            Refuse(settings, "name", $"'{name}' cannot be the name of an uplink: it has 1 to {LongestName} letters, digits and hyphens");
            return null;
        }

        return name;
    }

    private void Refuse(Settings settings, string key, string message) =>
        diagnostics.Add(Diagnostic.Error(settings.IsWritten(key) ? settings.Locate(key) : settings.Location, message));
}
