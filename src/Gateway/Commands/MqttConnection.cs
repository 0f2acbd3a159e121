using System.CommandLine;
using System.Text;
using Gateway.Hosting;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;
using Gateway.Mqtt.Transport;

namespace Gateway.Commands;

/// <summary>The flags of mosquitto's clients that say how to connect, the same for <c>pub</c> and <c>sub</c>; and what they mean.</summary>
internal sealed class MqttConnection
{
    private const int PlainPort = 1883;
    private const int TlsPort = 8883;
    private const uint NeverExpires = uint.MaxValue;

    private readonly string _verb;
    private readonly Option<string> _host = new("--host", "-h") { HelpName = "HOST", Description = "The broker", DefaultValueFactory = _ => "localhost" };
    private readonly Option<int?> _port = new("--port", "-p") { HelpName = "PORT", Description = "Its port; default: 1883, with TLS 8883" };
    private readonly Option<string?> _unix = new("--unix") { HelpName = "PATH", Description = "Connects through a socket in the file system instead" };
    private readonly Option<string?> _url = new("--url", "-L") { HelpName = "URL", Description = "Host, port, user and topic at once: mqtt(s)://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC" };
    private readonly Option<string?> _clientId = new("--id", "-i") { HelpName = "ID", Description = "The client identifier; default: one of its own" };
    private readonly Option<string?> _userName = new("--username", "-u") { HelpName = "USER", Description = "The user name" };
    private readonly Option<string?> _password = new("--pw", "-P") { HelpName = "PASSWORD", Description = "The password" };
    private readonly Option<string> _version = new("--protocol-version", "-V") { HelpName = "VERSION", Description = "mqttv31, mqttv311 or mqttv5", DefaultValueFactory = _ => "mqttv311" };
    private readonly Option<int> _keepAlive = new("--keepalive", "-k") { HelpName = "SECONDS", Description = "Keep Alive", DefaultValueFactory = _ => 60 };
    private readonly Option<bool> _keepSession = new("--disable-clean-session", "-c") { Description = "Takes up the session that the broker keeps for this client identifier" };
    private readonly Option<uint?> _sessionExpiry = new("--session-expiry-interval", "-x") { HelpName = "SECONDS", Description = "How long the broker keeps the session after the end" };
    private readonly Option<int?> _inFlight = new("--max-inflight", "-M") { HelpName = "COUNT", Description = "The most messages at QoS 1 and 2 that are not acknowledged" };
    private readonly Option<string?> _willTopic = new("--will-topic") { HelpName = "TOPIC", Description = "The topic of the Will" };
    private readonly Option<string?> _willPayload = new("--will-payload") { HelpName = "TEXT", Description = "The payload of the Will" };
    private readonly Option<int> _willQoS = CreateQoS("--will-qos", "The QoS of the Will");
    private readonly Option<bool> _willRetain = new("--will-retain") { Description = "Retains the Will" };
    private readonly Option<string?> _authorities = new("--cafile") { HelpName = "FILE", Description = "Connects with TLS, and trusts the authorities of a PEM file" };
    private readonly Option<bool> _systemAuthorities = new("--tls-use-os-certs") { Description = "Connects with TLS, and trusts the authorities of the system" };
    private readonly Option<string?> _certificate = new("--cert") { HelpName = "FILE", Description = "The client's certificate, PEM" };
    private readonly Option<string?> _key = new("--key") { HelpName = "FILE", Description = "The key of the certificate, PEM" };
    private readonly Option<bool> _insecure = new("--insecure") { Description = "Takes a server's certificate for another host too, if a trusted authority signed it" };
    private readonly Option<string?> _applicationProtocol = new("--tls-alpn") { HelpName = "PROTOCOL", Description = "The protocol that is asked for in TLS (ALPN), such as x-amzn-mqtt-ca" };
    private readonly Option<bool> _debug = new("--debug", "-d") { Description = "Says on standard error what the client does" };

    /// <param name="verb">The name that the default client identifier begins with.</param>
    public MqttConnection(string verb) => _verb = verb;

    /// <summary>An option for a QoS.</summary>
    public static Option<int> CreateQoS(string name, string description, params string[] aliases)
    {
        var option = new Option<int>(name, aliases) { HelpName = "QOS", Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not ("0" or "1" or "2") } token])
            {
                result.AddError($"'{token.Value}' is no QoS: write 0, 1 or 2");
            }
        });
        return option;
    }

    /// <summary>Adds the flags to a verb.</summary>
    public void AddTo(Command command)
    {
        Option[] options =
        [
            _host, _port, _unix, _url, _clientId, _userName, _password, _version, _keepAlive, _keepSession, _sessionExpiry, _inFlight,
            _willTopic, _willPayload, _willQoS, _willRetain, _authorities, _systemAuthorities, _certificate, _key, _insecure, _applicationProtocol, _debug,
        ];
        foreach (var option in options)
        {
            command.Add(option);
        }
    }

    /// <summary>The topic within <c>-L</c>; null if there is none.</summary>
    public string? TopicOfUrl(ParseResult arguments) =>
        ParseUrl(arguments) is { AbsolutePath.Length: > 1 } url ? Uri.UnescapeDataString(url.AbsolutePath[1..]) : null;

    /// <summary>Where the client logs: nowhere, or on standard error.</summary>
    public ILoggerFactory CreateLoggerFactory(ParseResult arguments) =>
        LoggerFactory.Create(logging => ConsoleLogging.Add(logging, arguments.GetValue(_debug) ? LogLevel.Debug : LogLevel.None));

    /// <summary>What the flags say. Throws <see cref="CommandException"/> where they make no sense.</summary>
    public MqttClientOptions Read(ParseResult arguments)
    {
        var url = ParseUrl(arguments);
        var user = url?.UserInfo.Split(':', 2) is [{ Length: > 0 } name, ..] credentials ? (Name: name, Password: credentials.ElementAtOrDefault(1)) : default;
        var keepsSession = arguments.GetValue(_keepSession);
        var password = arguments.GetValue(_password) ?? Unescape(user.Password);
        var clientId = arguments.GetValue(_clientId);
        if (keepsSession && clientId is null)
        {
            throw CommandException.Usage("-c takes up the session of a client identifier: give it with -i");
        }

        var options = new MqttClientOptions
        {
            Servers = [ReadServer(arguments, url)],
            ProtocolVersion = ReadVersion(arguments.GetRequiredValue(_version)),
            ClientIdentifier = clientId ?? $"gateway-{_verb}-{Guid.NewGuid().ToString("N")[..8]}",
            CleanStart = !keepsSession,
            SessionExpiryInterval = arguments.GetValue(_sessionExpiry) ?? (keepsSession ? NeverExpires : 0),
            UserName = arguments.GetValue(_userName) ?? Unescape(user.Name),
            Password = password is null ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes(password),
            KeepAlive = TimeSpan.FromSeconds(arguments.GetValue(_keepAlive)),
            Will = ReadWill(arguments),
            ManualAcknowledgement = true,
            Tls = new MqttTlsOptions
            {
                AuthorityFile = arguments.GetValue(_authorities),
                CertificateFile = arguments.GetValue(_certificate),
                KeyFile = arguments.GetValue(_key),
                AcceptsAnyHostName = arguments.GetValue(_insecure),
                ApplicationProtocols = arguments.GetValue(_applicationProtocol) is { } protocol ? [protocol] : [],
            },
        };
        options = arguments.GetValue(_inFlight) is { } inFlight ? options with { MaximumInFlight = inFlight } : options;
        try
        {
            options.Validate();
            return options;
        }
        catch (ArgumentException exception)
        {
            throw CommandException.Usage(exception.Message.Split(" (Parameter", 2)[0].TrimEnd('.'));
        }
    }

    private static ProtocolVersion ReadVersion(string text) => text switch
    {
        "mqttv5" or "5" or "5.0" => ProtocolVersion.V50,
        "mqttv311" or "311" or "3.1.1" => ProtocolVersion.V311,
        "mqttv31" or "31" or "3.1" => ProtocolVersion.V31,
        _ => throw CommandException.Usage($"'{text}' is no version of MQTT: write mqttv31, mqttv311 or mqttv5"),
    };

    private static string? Unescape(string? text) => text is null ? null : Uri.UnescapeDataString(text);

    private Uri? ParseUrl(ParseResult arguments)
    {
        if (arguments.GetValue(_url) is not { } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "mqtt" or "mqtts" && url.Host.Length > 0
            ? url
            : throw CommandException.Usage($"'{text}' is no address: write mqtt://HOST[:PORT]/TOPIC or mqtts://HOST[:PORT]/TOPIC");
    }

    private Uri ReadServer(ParseResult arguments, Uri? url)
    {
        if (arguments.GetValue(_unix) is { } path)
        {
            return new Uri("unix:" + Path.GetFullPath(path));
        }

        var isTls = url is not null ? url.Scheme == "mqtts" : arguments.GetValue(_authorities) is not null || arguments.GetValue(_systemAuthorities);
        var host = url?.Host ?? arguments.GetRequiredValue(_host);
        var port = url is { Port: > 0 } ? url.Port : arguments.GetValue(_port) ?? (isTls ? TlsPort : PlainPort);
        var address = $"{(isTls ? "mqtts" : "mqtt")}://{(host.Contains(':', StringComparison.Ordinal) && host[0] != '[' ? $"[{host}]" : host)}:{port}";
        return Uri.TryCreate(address, UriKind.Absolute, out var server)
            ? server
            : throw CommandException.Usage($"'{host}' with port {port} is no address of a broker");
    }

    private WillMessage? ReadWill(ParseResult arguments)
    {
        if (arguments.GetValue(_willTopic) is not { } topic)
        {
            return arguments.GetValue(_willPayload) is null ? null : throw CommandException.Usage("--will-payload needs --will-topic");
        }

        return TopicName.IsValid(topic)
            ? new WillMessage
            {
                Message = new ApplicationMessage
                {
                    Topic = topic,
                    Payload = Encoding.UTF8.GetBytes(arguments.GetValue(_willPayload) ?? ""),
                    QoS = (QualityOfService)arguments.GetValue(_willQoS),
                    Retain = arguments.GetValue(_willRetain),
                },
            }
            : throw CommandException.Usage($"'{topic}' is no topic to publish to: it must not be empty, nor have + or #");
    }
}
