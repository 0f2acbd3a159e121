using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Configuration;

/// <summary>Turns the sections <c>broker</c> and <c>web</c> into options.</summary>
internal sealed class ListenerReader(ConfigurationPlace place, ICollection<Diagnostic> diagnostics)
{
    private static readonly string[] BrokerSchemes = ["mqtt", "mqtts", "ws", "wss", "unix"];
    private static readonly string[] WebSchemes = ["http", "https"];

    /// <summary>The local broker.</summary>
    public BrokerOptions ReadBroker(Settings broker)
    {
        var listeners = ReadListeners(broker, "broker", BrokerSchemes);
        if (!broker.IsWritten("users"))
        {
            foreach (var listener in listeners.Where(listener => !Address.IsLoopback(listener)))
            {
                Refuse(broker, $"'{Show(listener)}' lets other machines in, and that needs 'users': make a file with 'gateway passwd FILE USER' and name it there");
            }
        }

        return new BrokerOptions { Listen = listeners, UsersFile = place.FindFile(broker, "users", diagnostics) };
    }

    /// <summary>The page.</summary>
    public WebOptions ReadWeb(Settings web)
    {
        var listeners = ReadListeners(web, "web", WebSchemes);
        foreach (var listener in listeners.Where(listener => !Address.IsLoopback(listener)))
        {
            Refuse(web, $"'{Show(listener)}' lets other machines in, and the page has no log-in yet; use http://127.0.0.1:{listener.Port}");
        }

        return new WebOptions { Listen = listeners };
    }

    private List<Uri> ReadListeners(Settings settings, string section, string[] schemes)
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
            else if (NotYetAvailable.RefuseListener(section, listener!.Scheme) is { } reason)
            {
                Refuse(settings, $"'{text}' {reason}");
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

    private static string Show(Uri listener) => listener.OriginalString.TrimEnd('/');

    private void Refuse(Settings settings, string message) => diagnostics.Add(Diagnostic.Error(settings.Locate("listen"), message));
}
