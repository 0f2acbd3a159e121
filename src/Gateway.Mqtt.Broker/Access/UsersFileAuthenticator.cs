using Gateway.Mqtt.Authentication;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>
/// Checks user name and password against a <see cref="UsersFile"/>. A client without them is refused. Hashes are
/// computed on the thread pool, at most as many at once as there are processors but one, so that a flood of log-ins
/// leaves the broker its share; where a thousand wait, further ones are refused (Server busy). Thread-safe.
/// </summary>
public sealed class UsersFileAuthenticator : IAuthenticator, IDisposable
{
    // Beyond this they would be told after the time that they have to connect.
    private const int MostWaiting = 1000;

    private readonly SemaphoreSlim _slots = new(Math.Max(1, Environment.ProcessorCount - 1));
    private readonly string _path;
    private readonly byte[] _secret;
    private KnownUsers _users;
    private int _waiting;

    /// <summary>Reads the file.</summary>
    /// <param name="path">The users file.</param>
    /// <param name="secretPath">
    /// Where to keep the secret that makes who is no user look like one, over restarts too; made when it is not there, readable by
    /// its owner alone. Null, or a place that cannot be written: another secret at each start.
    /// </param>
    /// <exception cref="MqttBrokerException">It cannot be read or understood; the message says what to do.</exception>
    public UsersFileAuthenticator(string path, string? secretPath = null)
    {
        _path = path;
        _secret = LoginSecret.Load(secretPath);
        _users = Read();
    }

    /// <summary>Reads the file again; the users that were known stay when it cannot be read.</summary>
    /// <returns>Who is gone or has another line: what they proved before counts no more. For <see cref="MqttBroker.Disconnect"/>.</returns>
    /// <exception cref="MqttBrokerException">It cannot be read or understood; the message says what to do.</exception>
    public IReadOnlySet<string> Reload()
    {
        var users = Read();
        return Interlocked.Exchange(ref _users, users).FindChanged(users);
    }

    /// <inheritdoc/>
    public async ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
    {
        if (request is not { UserName: { } userName, Password: { } password })
        {
            return new AuthenticationResult(ReasonCode.NotAuthorized);
        }

        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return new AuthenticationResult(ReasonCode.ServerBusy);
        }

        var users = Volatile.Read(ref _users);
        try
        {
            await _slots.WaitAsync(cancellationToken);
            try
            {
                var matches = await Task.Run(() => users.Matches(userName, password.Span), cancellationToken);
                return matches ? AuthenticationResult.Accept(userName) : AuthenticationResult.BadCredentials;
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <inheritdoc/>
    public bool Knows(string? userName) => userName is not null && Volatile.Read(ref _users).Contains(userName);

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    /// <summary>What the file has on a user for SCRAM-SHA-256, or made-up credentials that no password fits.</summary>
    internal ScramCredentials FindScram(string userName) => Volatile.Read(ref _users).FindScram(userName);

    private KnownUsers Read()
    {
        try
        {
            return new KnownUsers(UsersFile.Read(_path), _secret);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MqttBrokerException($"The users file {_path} cannot be read: {e.Message} Make it with `gateway passwd`.", e);
        }
    }
}
