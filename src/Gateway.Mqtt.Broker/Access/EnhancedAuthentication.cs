namespace Gateway.Mqtt.Broker.Access;

/// <summary>An exchange that a connection has under way: the method's side of it is made and called outside of turns.</summary>
internal sealed class EnhancedAuthentication(IServerAuthenticationMethod method, AuthenticationRequest request)
{
    private IServerAuthenticationExchange? _exchange;

    /// <summary>What the client sent last; null: nothing.</summary>
    public ReadOnlyMemory<byte>? Data { get; set; }

    /// <summary>Whether the next step may prove who the client is.</summary>
    public bool IsProof => _exchange is not null || !method.BeginsWithName;

    /// <summary>Who the client said to be in the steps before; null: that is not known.</summary>
    public string? UserName { get; private set; }

    public async ValueTask<AuthenticationResult> ContinueAsync(CancellationToken cancellationToken)
    {
        _exchange ??= method.Begin(request);
        var result = await _exchange.ContinueAsync(Data, cancellationToken);
        UserName = _exchange.UserName;
        return result;
    }
}
