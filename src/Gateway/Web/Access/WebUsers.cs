using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Packets;

namespace Gateway.Web.Access;

/// <summary>What came of a log-in.</summary>
/// <param name="IsAccepted">Whether user and password are right.</param>
/// <param name="Wait">How long to wait before a password may be tried again; zero: this one was tried.</param>
internal readonly record struct LoginOutcome(bool IsAccepted, TimeSpan Wait = default)
{
    /// <summary>Whether nothing was tried since too many others are.</summary>
    public bool IsBusy { get; init; }
}

/// <summary>Those who may log in to the page: a users file as <c>gateway passwd</c> makes it. Thread-safe.</summary>
internal sealed class WebUsers : IDisposable
{
    private const int LongestUser = 256;
    private const int LongestPassword = 1024;

    private readonly string _file;
    private readonly WebSessions _sessions;
    private readonly LoginThrottle _throttle;
    private readonly LoginAudit _audit;
    private readonly UsersFileAuthenticator _authenticator;
    private byte[] _digest;
    private int _edition;

    /// <param name="file">The file.</param>
    /// <param name="sessions">Who is logged in.</param>
    /// <param name="audit">Is told of each log-in.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <exception cref="MqttBrokerException">The file cannot be read or understood; the message says what to do.</exception>
    public WebUsers(string file, WebSessions sessions, LoginAudit audit, TimeProvider timeProvider)
    {
        _file = file;
        _sessions = sessions;
        _throttle = new LoginThrottle(timeProvider);
        _audit = audit;
        _digest = DigestOf(file);
        _authenticator = new UsersFileAuthenticator(file);
    }

    /// <summary>Another number each time that the file says something else.</summary>
    public int Edition => Volatile.Read(ref _edition);

    /// <summary>Checks a password.</summary>
    public async Task<LoginOutcome> TryAsync(IPAddress? from, string user, string password, CancellationToken cancellationToken)
    {
        // Who is no user is tried and slowed as others are, under as much of the name as is kept.
        var isPossible = user.Length <= LongestUser && password.Length <= LongestPassword;
        var name = user.Length <= LongestUser ? user : user[..LongestUser] + "…";
        var outcome = await CheckAsync(from, name, isPossible ? password : null, cancellationToken);
        _audit.Note(name, from, outcome);
        return outcome;
    }

    /// <summary>Tells that a session of a user begins.</summary>
    public void NoteSession(IPAddress? from, string user) => _audit.NoteSession(user, from);

    /// <summary>Takes up what the file says now. If it says something else than before, everybody has to log in again.</summary>
    /// <exception cref="MqttBrokerException">It cannot be read or understood: everything stays as it was.</exception>
    public void Reload()
    {
        _authenticator.Reload();
        var digest = DigestOf(_file);
        if (!digest.AsSpan().SequenceEqual(_digest))
        {
            _digest = digest;
            Interlocked.Increment(ref _edition);
            _sessions.CloseAll();
        }
    }

    public void Dispose() => _authenticator.Dispose();

    // Without a password it is wrong.
    private async Task<LoginOutcome> CheckAsync(IPAddress? from, string user, string? password, CancellationToken cancellationToken)
    {
        if (!_throttle.TryBegin(PlaceOf(from), user, out var attempt, out var wait))
        {
            return new LoginOutcome(IsAccepted: false, wait);
        }

        if (password is null)
        {
            _throttle.Fail(attempt);
            return new LoginOutcome(IsAccepted: false);
        }

        var request = new AuthenticationRequest { ClientId = "", UserName = user, Password = Encoding.UTF8.GetBytes(password) };
        switch ((await _authenticator.AuthenticateAsync(request, cancellationToken)).ReasonCode)
        {
            case ReasonCode.Success:
                _throttle.Succeed(attempt);
                return new LoginOutcome(IsAccepted: true);
            case ReasonCode.ServerBusy:
                _throttle.Abandon(attempt);
                return new LoginOutcome(IsAccepted: false) { IsBusy = true };
            default:
                _throttle.Fail(attempt);
                return new LoginOutcome(IsAccepted: false);
        }
    }

    // One machine is usually given a whole /64.
    private static string PlaceOf(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(plain.GetAddressBytes().AsSpan(0, 8)) : plain.ToString();
    }

    private static byte[] DigestOf(string file)
    {
        try
        {
            return SHA256.HashData(File.ReadAllBytes(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return []; // the authenticator says why
        }
    }
}
