using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Listeners;

namespace Gateway.Runtime.Configuration;

/// <summary>Turns the sections <c>broker</c> and <c>web</c> into options.</summary>
internal sealed class ListenerReader(ConfigurationPlace place, ICollection<Diagnostic> diagnostics)
{
    private static readonly string[] BrokerSchemes = ["mqtt", "mqtts", "ws", "wss", "unix"];
    private static readonly string[] WebSchemes = ["http", "https"];

    /// <summary>The local broker.</summary>
    public BrokerOptions ReadBroker(Settings broker)
    {
        var listeners = ReadListeners(broker, BrokerSchemes);
        var tls = new BrokerTlsReader(place, diagnostics).Read(broker, listeners);
        if (!broker.IsWritten("users"))
        {
            foreach (var listener in listeners.Where(listener => !IsLocal(listener) && !KnowsItsClients(listener, tls)))
            {
                Refuse(broker, $"'{Show(listener)}' lets other machines in, and that needs 'users': make a file with 'gateway passwd FILE USER' and name it there");
            }
        }

        else if (listeners.Find(Address.IsReadableOnTheWay) is { } open)
        {
            diagnostics.Add(Diagnostic.Warning(broker.Locate("listen"), $"'{Show(open)}' lets other machines in without encryption, so that passwords can be read on the way; {open.Scheme}s:// asks for 'tls'"));
        }

        return new BrokerOptions
        {
            Listen = listeners,
            UsersFile = place.FindUsersFile(broker, diagnostics),
            Tls = tls,
            Origins = ReadOrigins(broker),
        };
    }

    /// <summary>The page.</summary>
    /// <param name="web">Its section.</param>
    /// <param name="broker">The local broker.</param>
    public WebOptions ReadWeb(Settings web, BrokerOptions broker) =>
        new WebReader(place, diagnostics).Read(web, ReadListeners(web, WebSchemes), broker);

    private List<Uri> ReadListeners(Settings settings, string[] schemes)
    {
        var listeners = new List<Uri>();
        if (!settings.TryGet<IReadOnlyList<string>>("listen", out var texts))
        {
            return listeners;
        }

        foreach (var text in texts)
        {
            if (Address.Parse(text, schemes, out var listener) is { } message)
            {
                Refuse(settings, message);
            }
            else if (listener!.Scheme == "unix" && new MqttBrokerOptions { Listen = [listener] }.Validate() is { } problem)
            {
                Refuse(settings, problem.TrimEnd('.'));
            }
            else if (listener.Port != 0 && listeners.Contains(listener))
            {
                Refuse(settings, $"'{text}' is here twice");
            }
            else
            {
                listeners.Add(listener);
            }
        }

        return listeners;
    }

    private IReadOnlyList<string> ReadOrigins(Settings broker)
    {
        if (!broker.TryGet<IReadOnlyList<string>>("origins", out var origins))
        {
            return [];
        }

        foreach (var origin in origins)
        {
            if (new MqttBrokerOptions { AllowedOrigins = [origin] }.Validate() is { } problem)
            {
                diagnostics.Add(Diagnostic.Error(broker.Locate("origins"), problem.TrimEnd('.')));
            }
        }

        return origins;
    }

    private static bool IsLocal(Uri listener) => listener.Scheme == "unix" || Address.IsLoopback(listener);

    private static bool KnowsItsClients(Uri listener, ListenerTlsOptions? tls) =>
        listener.Scheme is "mqtts" or "wss" && tls is null or { ClientCertificate: ClientCertificatePolicy.Required };

    private static string Show(Uri listener) => listener.OriginalString.TrimEnd('/');

    private void Refuse(Settings settings, string message) => diagnostics.Add(Diagnostic.Error(settings.Locate("listen"), message));
}
