using System.Net.Sockets;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Listeners;

namespace Gateway.Mqtt.Broker;

/// <summary>How a broker is set up. Checked when the broker is made, unchangeable from then on.</summary>
public sealed record MqttBrokerOptions
{
    /// <summary>Where to listen: <c>mqtt</c>, <c>mqtts</c>, <c>ws</c>, <c>wss</c> with <c>://host:port</c>, port 0 letting the system choose, or <c>unix:/path</c>. Empty: nowhere. Default <c>mqtt://127.0.0.1:1883</c>.</summary>
    public IReadOnlyList<Uri> Listen { get; init; } = [new("mqtt://127.0.0.1:1883")];

    /// <summary>Certificates of the <c>mqtts</c> and <c>wss</c> listeners, which need them. Null, the default: there are none.</summary>
    public ListenerTlsOptions? Tls { get; init; }

    /// <summary>
    /// Web pages that may connect to the <c>ws</c> and <c>wss</c> listeners besides those of this very host: origins such as
    /// <c>https://dashboard.example.org</c>, or <c>*</c> for all. Default: no others. Programs, which send no Origin, are
    /// not asked for one.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>
    /// Sockets that listen already, as systemd passes them to a service: a listener of just that address takes the clients that
    /// come there, and opens none of its own. The broker never closes them; they may be given to the next. Default: none.
    /// </summary>
    public IReadOnlyList<Socket> InheritedSockets { get; init; } = [];

    /// <summary>What happens when a listener cannot be opened, its port being taken for one. Default: starting the broker fails.</summary>
    public ListenerFailurePolicy WhenListenerFails { get; init; }

    /// <summary>How often a listener that failed is tried again, more than zero. Default 5 s.</summary>
    public TimeSpan ListenerRetryInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Checks credentials. Null, the default: everybody is let in, which only listeners of this machine allow without <see cref="AllowAnonymous"/>.</summary>
    public IAuthenticator? Authenticator { get; init; }

    /// <summary>What clients of 5.0 may authenticate with instead, each by its name: <see cref="ScramSha256Method"/>, for one. Default: none.</summary>
    public IReadOnlyList<IServerAuthenticationMethod> AuthenticationMethods { get; init; } = [];

    /// <summary>Decides on topics. Null, the default: every client may do everything.</summary>
    public IAuthorizer? Authorizer { get; init; }

    /// <summary>Listen beyond this machine though there is no <see cref="Authenticator"/>. Default false.</summary>
    public bool AllowAnonymous { get; init; }

    /// <summary>
    /// Where retained messages and sessions are kept. Null, the default: they end with the broker. With a store, a client is
    /// told of nothing that would not survive the death of the process.
    /// </summary>
    public IBrokerStore? Store { get; init; }

    /// <summary>
    /// How long a change may wait to be committed that no client waits for: messages that are published in this process,
    /// retained messages at QoS 0, acknowledgements of clients. Whatever is over within half of it is never written. More
    /// than zero; default 1 s.
    /// </summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a store that failed is tried again, more than zero. Meanwhile the broker works from memory. Default 5 s.</summary>
    public TimeSpan StoreRetryInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The same for retained messages that are published in this process, which the program can publish anew: long,
    /// for the flash memory's sake. The first of a topic is written within <see cref="CommitInterval"/>, and all at stop. Default 15 min.
    /// </summary>
    public TimeSpan LocalSaveInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// How often what changed of the broker's own topics, <c>$SYS/broker/…</c>, is published, a millisecond to a day;
    /// zero: there are none. Default 10 s.
    /// </summary>
    public TimeSpan SystemTopicsInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Check payloads that their publisher declares to be UTF-8 (Payload Format Indicator), and refuse those that are
    /// not (0x99). MQTT 5.0 §3.3.2.3.2. Default false.
    /// </summary>
    public bool ValidatesPayloadFormat { get; init; }

    /// <summary>Default: those of <see cref="BrokerLimits"/>.</summary>
    public BrokerLimits Limits { get; init; } = new();

    /// <summary>Null when the options can be used; else a sentence that says what is wrong and what to do.</summary>
    public string? Validate()
    {
        foreach (var uri in Listen)
        {
            if (ListenerAddress.Check(uri) is { } problem)
            {
                return problem;
            }

            if (ListenerAddress.IsTls(uri) && Tls is null)
            {
                return $"{uri} needs a certificate and its key, and there are none.";
            }

            var knowsItsClients = Authenticator is not null || (ListenerAddress.IsTls(uri) && Tls!.ClientCertificate == ClientCertificatePolicy.Required);
            if (!knowsItsClients && !AllowAnonymous && !ListenerAddress.IsLocal(uri))
            {
                return $"{uri} listens beyond this machine, and there are no users: make a users file with `gateway passwd`, or allow anonymous clients explicitly.";
            }
        }

        if ((Tls?.Validate() ?? AllowedOrigins.Select(WebOrigin.Check).FirstOrDefault(problem => problem is not null)) is { } mistake)
        {
            return mistake;
        }

        foreach (var (name, interval) in new[]
        {
            (nameof(ListenerRetryInterval), ListenerRetryInterval), (nameof(CommitInterval), CommitInterval),
            (nameof(StoreRetryInterval), StoreRetryInterval), (nameof(LocalSaveInterval), LocalSaveInterval),
        })
        {
            if (interval <= TimeSpan.Zero || interval > TimeSpan.FromDays(1))
            {
                return $"{name} is {interval}; it is more than zero and at most a day.";
            }
        }

        if (SystemTopicsInterval != TimeSpan.Zero && (SystemTopicsInterval < TimeSpan.FromMilliseconds(1) || SystemTopicsInterval > TimeSpan.FromDays(1)))
        {
            return $"{nameof(SystemTopicsInterval)} is {SystemTopicsInterval}; it is zero, or a millisecond to a day.";
        }

        return Limits.Validate();
    }
}
