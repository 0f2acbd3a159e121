using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.Mqtt.Broker.Listeners;

namespace Gateway.Runtime.Configuration;

/// <summary>Turns what <c>web</c> says beside its listeners into options.</summary>
internal sealed class WebReader(ConfigurationPlace place, ICollection<Diagnostic> diagnostics)
{
    /// <summary>What the section may say.</summary>
    public static SectionSchema Schema { get; } = new()
    {
        Name = "web",
        Keys =
        [
            new() { Name = "listen", Type = KeyType.TextList, Default = new[] { "http://127.0.0.1:8080" }, Description = "Where the page is served, http or https with ADDRESS:PORT; [] is nowhere.", Example = "https://0.0.0.0:8443" },
            new() { Name = "users", Type = KeyType.Text, Description = "Who may log in: a users file, made by 'gateway passwd'. Left out, the users of the broker, and on this machine nobody needs to; written, everybody has to.", Example = "users" },
            new() { Name = "certificate", Type = KeyType.Text, Description = "PEM file with the certificate of https and its chain; a renewed one is taken up by itself.", Example = "/etc/gateway/server.pem" },
            new() { Name = "key", Type = KeyType.Text, Description = "PEM file with the certificate's key; left out, it is in the same file.", Example = "/etc/gateway/server.key" },
            new() { Name = "history", Type = KeyType.Size, Choices = ["off"], Default = 100_000_000L, Minimum = 1_000_000, Maximum = 100_000_000_000, Description = "Room on the disk for the minutes and hours of the page's charts; off keeps the last hour in memory and nothing on the disk.", Example = "100 MB" },
        ],
        Instead = new Dictionary<string, string>
        {
            ["port"] = "write it as 'listen: http://127.0.0.1:PORT'",
            ["host"] = "write it as 'listen: http://ADDRESS:PORT'",
            ["password"] = "a password does not belong in this file: make a file of users with 'gateway passwd' and name it in 'users'",
            ["tls"] = "the page has 'certificate' and 'key' beside 'listen'",
        },
    };

    /// <summary>The options with what the section says beside its listeners.</summary>
    /// <param name="web">The section.</param>
    /// <param name="listeners">Its listeners.</param>
    /// <param name="broker">The local broker, whose users the page has where it has none of its own.</param>
    public WebOptions Read(Settings web, List<Uri> listeners, BrokerOptions broker)
    {
        var hasOwnUsers = web.IsWritten("users");
        foreach (var listener in listeners)
        {
            CheckListener(web, listener, hasUsers: hasOwnUsers || broker.UsersFile is not null);
        }

        if (!hasOwnUsers && listeners.Count > 0 && broker is { UsersFile: not null, AclFile: not null })
        {
            diagnostics.Add(Diagnostic.Warning(web.Locate("listen"), "the page takes the broker's users, and what 'acl' of 'broker' forbids a client does not count there: who logs in may write every point with 'write: true'; give 'web' a 'users' file of its own, made with 'gateway passwd FILE USER'"));
        }

        return new WebOptions
        {
            Listen = listeners,
            UsersFile = place.FindUsersFile(web, diagnostics) ?? broker.UsersFile,
            HasOwnUsers = hasOwnUsers,
            Tls = ReadTls(web, listeners),

            // 'off' is a text, any other value a size.
            HistoryBytes = web.TryGet<object>("history", out var history) && history is long bytes ? bytes : 0,
        };
    }

    private void CheckListener(Settings web, Uri listener, bool hasUsers)
    {
        var shown = listener.OriginalString.TrimEnd('/');
        if (listener.HostNameType == UriHostNameType.Dns && !Address.IsLoopback(listener))
        {
            Refuse(web, "listen", $"'{shown}' names a host; write one of this machine's addresses, or 0.0.0.0 for all of them");
        }
        else if (!hasUsers && !Address.IsLoopback(listener))
        {
            Refuse(web, "listen", $"'{shown}' lets other machines in, and that needs 'users': make a file with 'gateway passwd FILE USER' and name it there");
        }
        else if (Address.IsReadableOnTheWay(listener))
        {
            diagnostics.Add(Diagnostic.Warning(web.Locate("listen"), $"'{shown}' lets other machines in without encryption, so that passwords can be read on the way; https asks for 'certificate' and 'key'"));
        }
    }

    private ListenerTlsOptions? ReadTls(Settings web, List<Uri> listeners)
    {
        var needing = listeners.Find(listener => listener.Scheme == "https");
        if (!web.IsWritten("certificate"))
        {
            if (needing is not null)
            {
                Refuse(web, "listen", $"'{needing.OriginalString.TrimEnd('/')}' needs a certificate; add 'certificate: FILE' and 'key: FILE' to 'web'");
            }

            if (web.IsWritten("key"))
            {
                Refuse(web, "key", "'key' is that of a certificate; add 'certificate: FILE'");
            }

            return null;
        }

        if (needing is null)
        {
            diagnostics.Add(Diagnostic.Warning(web.Locate("certificate"), "'certificate' has no effect without a listener that begins with https://"));
        }

        var (certificate, key) = (place.FindFile(web, "certificate", diagnostics), place.FindFile(web, "key", diagnostics));
        if (certificate is null || key is null == web.IsWritten("key"))
        {
            return null;
        }

        var options = new ListenerTlsOptions { CertificateFile = certificate, KeyFile = key };
        if (options.Check(place.Open) is not { } problem)
        {
            return options;
        }

        Refuse(web, problem.Option == nameof(options.KeyFile) ? "key" : "certificate", char.ToLowerInvariant(problem.Message[0]) + problem.Message[1..].TrimEnd('.'));
        return null;
    }

    private void Refuse(Settings web, string key, string message) => diagnostics.Add(Diagnostic.Error(web.Locate(key), message));
}
