namespace Gateway.Mqtt.Broker.Access;

/// <summary>Lets everybody in, whatever credentials they show; nobody has a user name.</summary>
public sealed class AllowAnonymous : IAuthenticator
{
    private AllowAnonymous()
    {
    }

    /// <summary>The only one there is.</summary>
    public static AllowAnonymous Instance { get; } = new();

    /// <inheritdoc/>
    public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
        => ValueTask.FromResult(AuthenticationResult.Anonymous);

    /// <inheritdoc/>
    public bool Knows(string? userName) => userName is null;
}
