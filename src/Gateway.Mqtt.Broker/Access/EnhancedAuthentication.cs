namespace Gateway.Mqtt.Broker.Access;

/// <summary>An exchange that a connection has under way: the method's side of it is made and called outside of turns.</summary>
internal sealed class EnhancedAuthentication(IServerAuthenticationMethod method, AuthenticationRequest request)
{
    private IServerAuthenticationExchange? _exchange;

    /// <summary>What the client sent last; null: nothing.</summary>
    public ReadOnlyMemory<byte>? Data { get; set; }

    /// <summary>Its first step is to come.</summary>
    public bool IsNew => _exchange is null;

    public ValueTask<AuthenticationResult> ContinueAsync(CancellationToken cancellationToken) =>
        (_exchange ??= method.Begin(request)).ContinueAsync(Data, cancellationToken);
}
