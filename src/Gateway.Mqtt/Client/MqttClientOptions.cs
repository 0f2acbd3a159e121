using System.Text;
using Gateway.Mqtt.Authentication;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;
using Gateway.Mqtt.Transport;

namespace Gateway.Mqtt.Client;

/// <summary>How a client connects and what it holds. Immutable; checked when the client is made.</summary>
public sealed record MqttClientOptions
{
    /// <summary>The servers, tried in this order at every attempt, those that failed in the last minutes after the others; at least one,
    /// each as <see cref="MqttServerUri"/> reads it.</summary>
    public required IReadOnlyList<Uri> Servers { get; init; }

    /// <summary>Default: 5.0.</summary>
    public ProtocolVersion ProtocolVersion { get; init; } = ProtocolVersion.V50;

    /// <summary>Client Identifier; default empty: the server assigns one. 1 to 23 letters and digits work everywhere.</summary>
    public string ClientIdentifier { get; init; } = "";

    /// <summary>
    /// 5.0: the first connection discards what session the server holds; default true. Later ones resume the client's own
    /// session. False resumes what an earlier process left: what it had in flight is not sent again, and its Packet
    /// Identifiers are released (PUBREL) before they are used. 3.x has no such flag: there a client resumes
    /// whatever the server holds if <see cref="SessionExpiryInterval"/> is not 0.
    /// </summary>
    public bool CleanStart { get; init; } = true;

    /// <summary>
    /// The client is another broker's bridge; default false. Offered in 3.1 and 3.1.1 to servers that know mosquitto's sign of
    /// it (<see cref="ConnectPacket.IsBridge"/>); from one that refuses it, it is not asked for again.
    /// </summary>
    public bool IsBridge { get; init; }

    /// <summary>How long the server keeps the session without a connection, seconds; default 0: not at all; 0xFFFFFFFF: for
    /// ever. In 3.x anything but 0 clears Clean Session, and the server decides how long.</summary>
    public uint SessionExpiryInterval { get; init; }

    /// <summary>Keeps what is under way at QoS 2 over the end of the process; default null: a new process sends as new what it finds unsent, at least
    /// once. Beside it belong a <see cref="SessionExpiryInterval"/> and <see cref="CleanStart"/> false.</summary>
    public ISessionStore? SessionStore { get; init; }

    /// <summary>User Name; default null: none.</summary>
    public string? UserName { get; init; }

    /// <summary>Password, at most 65,535 bytes; default null: none. Before 5.0 only beside a user name.</summary>
    public ReadOnlyMemory<byte>? Password { get; init; }

    /// <summary>Enhanced authentication, as <see cref="ScramSha256"/>; default null: none. 5.0 §4.12. It may stand alone or beside
    /// <see cref="UserName"/> and <see cref="Password"/>, which are sent as they are.</summary>
    public IAuthenticationMethod? Authentication { get; init; }

    /// <summary>Will Message; default null: none.</summary>
    public WillMessage? Will { get; init; }

    /// <summary>Keep Alive, 0 (off) to 65,535 s in whole seconds; default 60 s. A server may set another (5.0).</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest silence after PINGREQ before the connection is given up; above 0, default 10 s.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the oldest message in flight may wait for its next acknowledgement before the connection is given up, above 0; default
    /// null: for ever. A server that answers PINGREQ and acknowledges nothing is found by this alone; noticed a quarter later at most.</summary>
    public TimeSpan? AcknowledgeTimeout { get; init; }

    /// <summary>After how many connections, which the server ended right after a message that was sent alone, the message is refused in its name
    /// (<see cref="PublishResult.EndsConnections"/>), 1 or more; default null: it is sent again and again. For messages at QoS 1 and 2. They
    /// go alone once two connections have ended soon after something was sent, and each on a connection that has lived for 1 s.</summary>
    public int? PoisonAfter { get; init; }

    /// <summary>The most time to reach one server and to be answered by it; above 0, default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The most messages sent at QoS 1 and 2 and not acknowledged, 1 to 65,000; default 20. A 5.0 server lowers it by
    /// its Receive Maximum. A 3.x server cannot say what it takes: mosquitto 2.0 acknowledges, and then drops, messages at
    /// QoS 2 beyond 20.</summary>
    public int MaximumInFlight { get; init; } = 20;

    /// <summary>The most messages that the client has taken and that have not ended, at least 1; default 1,000. Above it
    /// <see cref="MqttClient.PublishAsync"/> waits and <see cref="MqttClient.TryPublish"/> refuses.</summary>
    public int MaximumOutstanding { get; init; } = 1_000;

    /// <summary>The most received messages that wait to be handled, 1 to 65,535; default 1,000. Told to a 5.0 server as its
    /// limit for unacknowledged messages. Above it the client stops reading.</summary>
    public ushort ReceiveMaximum { get; init; } = 1_000;

    /// <summary>The largest packet to accept, 128 bytes or more; default 16 MiB. Told to a 5.0 server; a larger one ends the connection.</summary>
    public uint MaximumPacketSize { get; init; } = 16 * 1024 * 1024;

    /// <summary>Topic Aliases that a 5.0 server may use, 0 to 65,535; default 0.</summary>
    public ushort TopicAliasMaximum { get; init; }

    /// <summary>Topic Aliases to use for one's own messages, 0 to 65,535; default 0: none. The first topics get them, as many as the 5.0
    /// server allows, and from then on travel as three bytes. §3.3.2.3.4.</summary>
    public ushort MaximumOutgoingTopicAliases { get; init; }

    /// <summary>Hosts to which a server may send the client with "use another server" or "server moved", in CONNACK or DISCONNECT, beside
    /// <see cref="Servers"/>: a name, <c>*.example.org</c> for the names below one, or <c>*</c>; default empty: none. "Moved" holds for the
    /// client's life, "another" until none of those accepts. The client follows at most five times
    /// in one attempt, and five ended connections without a pause, by the transport of the server that it comes from (so TLS stays TLS), to the port given or the transport's
    /// own, and shows the same credentials there. 5.0 §4.11.</summary>
    public IReadOnlyList<string> AllowedReferences { get; init; } = [];

    /// <summary>Received messages wait for <see cref="ReceivedMessage.Acknowledge"/>; default false: they are acknowledged when
    /// the observer's task ends.</summary>
    public bool ManualAcknowledgement { get; init; }

    /// <summary>The first back-off between attempts, above 0; default 1 s. It doubles with each failure; the pause is a random
    /// part of it, so that many clients do not come back at once.</summary>
    public TimeSpan MinimumReconnectDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest back-off, not below the first; default 30 s.</summary>
    public TimeSpan MaximumReconnectDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a server that comes before the connected one in <see cref="Servers"/> must have answered until the client goes back to it,
    /// above 0; default null: it stays where it is. The connection is left in good order, with the Will.</summary>
    public TimeSpan? FailBack { get; init; }

    /// <summary>TLS for <c>mqtts</c> and <c>wss</c> servers; default: the system's authorities, no client certificate.</summary>
    public MqttTlsOptions Tls { get; init; } = new();

    /// <summary>User Properties of CONNECT, in order; 5.0.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <summary>Checks every member.</summary>
    /// <exception cref="ArgumentException">A member is outside of its range; the message names it and the range.</exception>
    public void Validate()
    {
        Require(Servers is { Count: > 0 }, nameof(Servers), "at least one server");
        foreach (var server in Servers)
        {
            Require(MqttServerUri.TryParse(server.OriginalString, out _, out var error), nameof(Servers), error ?? "");
        }

        Require(Enum.IsDefined(ProtocolVersion), nameof(ProtocolVersion), "3.1, 3.1.1 or 5.0");
        Require(KeepAlive >= TimeSpan.Zero && KeepAlive.TotalSeconds <= ushort.MaxValue, nameof(KeepAlive), "0 to 65,535 s");
        Require(PingTimeout > TimeSpan.Zero, nameof(PingTimeout), "more than 0 s");
        Require(ConnectTimeout > TimeSpan.Zero, nameof(ConnectTimeout), "more than 0 s");
        Require(MaximumInFlight is >= 1 and <= 65_000, nameof(MaximumInFlight), "1 to 65,000");
        Require(MaximumOutstanding >= 1, nameof(MaximumOutstanding), "1 or more");
        Require(ReceiveMaximum >= 1, nameof(ReceiveMaximum), "1 to 65,535");
        Require(MaximumPacketSize >= 128, nameof(MaximumPacketSize), "128 bytes or more");
        Require(MinimumReconnectDelay > TimeSpan.Zero, nameof(MinimumReconnectDelay), "more than 0 s");
        Require(MaximumReconnectDelay >= MinimumReconnectDelay, nameof(MaximumReconnectDelay), "not less than the first delay");
        Require(AcknowledgeTimeout is null || AcknowledgeTimeout > TimeSpan.Zero, nameof(AcknowledgeTimeout), "more than 0 s");
        Require(PoisonAfter is null or >= 1, nameof(PoisonAfter), "1 or more");
        Require(FailBack is null || FailBack > TimeSpan.Zero, nameof(FailBack), "more than 0 s");
        Require(
            Password is null || UserName is not null || ProtocolVersion == ProtocolVersion.V50, nameof(Password), "a user name beside it before 5.0");
        Require(
            ClientIdentifier.Length > 0 || ProtocolVersion == ProtocolVersion.V50
            || (ProtocolVersion == ProtocolVersion.V311 && SessionExpiryInterval == 0),
            nameof(ClientIdentifier), "an identifier in 3.1, and in 3.1.1 for a session that outlives its connection");
        Require(Authentication is null || ProtocolVersion == ProtocolVersion.V50, nameof(Authentication), "none before 5.0");
        Require(Password is null or { Length: <= 65_535 }, nameof(Password), "at most 65,535 bytes");
        Require(Tls.ApplicationProtocols.All(name => Encoding.UTF8.GetByteCount(name) is >= 1 and <= 255), nameof(Tls), "names of protocols of 1 to 255 bytes");
        if (Will is { } will)
        {
            Require(TopicName.IsValid(will.Message.Topic), nameof(Will), "a Topic Name without wildcards");
            Require(will.Message.Payload.Length <= 65_535, nameof(Will), "a payload of at most 65,535 bytes");
        }
    }

    private static void Require(bool condition, string name, string allowed)
    {
        if (!condition)
        {
            throw new ArgumentException($"{name} is out of range: {allowed}.", name);
        }
    }
}
