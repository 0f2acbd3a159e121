using System.Security.Cryptography;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>
/// Checks user name and password against a <see cref="UsersFile"/>. A client without them is refused. Hashes are
/// computed on the thread pool, at most as many at once as there are processors but one, so that a flood of log-ins
/// leaves the broker its share. Thread-safe.
/// </summary>
public sealed class UsersFileAuthenticator : IAuthenticator, IDisposable
{
    // Checked when the user is unknown, so that the answer takes as long as for a known one.
    private static readonly PasswordHash Nobody = PasswordHash.Create(RandomNumberGenerator.GetBytes(16));

    private readonly SemaphoreSlim _slots = new(Math.Max(1, Environment.ProcessorCount - 1));
    private readonly string _path;
    private Dictionary<string, PasswordHash> _users;

    /// <summary>Reads the file.</summary>
    /// <exception cref="MqttBrokerException">It cannot be read or understood; the message says what to do.</exception>
    public UsersFileAuthenticator(string path)
    {
        _path = path;
        _users = Read(path);
    }

    /// <summary>Reads the file again; the users that were known stay when it cannot be read.</summary>
    /// <exception cref="MqttBrokerException">It cannot be read or understood; the message says what to do.</exception>
    public void Reload() => Volatile.Write(ref _users, Read(_path));

    /// <inheritdoc/>
    public async ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
    {
        if (request is not { UserName: { } userName, Password: { } password })
        {
            return new AuthenticationResult(ReasonCode.NotAuthorized);
        }

        var isKnown = Volatile.Read(ref _users).TryGetValue(userName, out var hash);
        await _slots.WaitAsync(cancellationToken);
        try
        {
            var matches = await Task.Run(() => (hash ?? Nobody).Matches(password.Span), cancellationToken);
            return isKnown && matches ? AuthenticationResult.Accept(userName) : AuthenticationResult.BadCredentials;
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    private static Dictionary<string, PasswordHash> Read(string path)
    {
        try
        {
            return UsersFile.Read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MqttBrokerException($"The users file {path} cannot be read: {e.Message} Make it with `gateway passwd`.", e);
        }
    }
}
