using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Access;
using Gateway.Runtime.Configuration;

namespace Gateway.Hosting;

/// <summary>Who may use the local broker, and for what: its users file and its access list, which may change while it runs.</summary>
internal sealed class BrokerAccess : IDisposable
{
    private readonly UsersFileAuthenticator? _users;
    private readonly AclAuthorizer? _acl;

    /// <param name="options">Name the files.</param>
    /// <param name="dataFolder">Keeps what has to be the same after a restart; null: nothing is kept.</param>
    /// <exception cref="MqttBrokerException">The users file cannot be read or understood.</exception>
    public BrokerAccess(BrokerOptions options, string? dataFolder)
    {
        var secret = dataFolder is null ? null : DataFolder.LoginSecretPath(dataFolder);
        _users = options.UsersFile is { } file ? new UsersFileAuthenticator(file, secret) : null;
        _acl = options.Acl is { } rules ? new AclAuthorizer(rules) : null;
    }

    /// <summary>The options of a broker that asks here.</summary>
    public MqttBrokerOptions Apply(BrokerOptions options) => new()
    {
        Listen = options.Listen,
        Tls = options.Tls,
        AllowedOrigins = options.Origins,
        Authenticator = _users,
        AuthenticationMethods = _users is null ? [] : [new ScramSha256Method(_users)],
        Authorizer = _acl,
        Limits = options.Limits,
        SystemTopicsInterval = options.SystemTopicsInterval,
        ValidatesPayloadFormat = options.ValidatesPayloadFormat,
    };

    /// <summary>
    /// Takes up what the files say now, and has the broker disconnect whose user is gone or has a new password. Only the files may
    /// differ from what it was made with.
    /// </summary>
    /// <exception cref="MqttBrokerException">The users file cannot be read or understood: everything stays as it was.</exception>
    public void Reload(BrokerOptions options, MqttBroker broker)
    {
        var changed = _users?.Reload();
        _acl?.Replace(options.Acl!);
        if (changed is { Count: > 0 })
        {
            broker.Disconnect(changed);
        }
    }

    public void Dispose() => _users?.Dispose();
}
