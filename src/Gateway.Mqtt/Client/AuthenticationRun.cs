using Gateway.Mqtt.Authentication;

namespace Gateway.Mqtt.Client;

/// <summary>One exchange of the user's <see cref="IAuthenticationMethod"/>, whose failures all become <see cref="MqttException"/>.</summary>
internal sealed class AuthenticationRun(IAuthenticationMethod method)
{
    private IAuthenticationExchange? _exchange;

    public ValueTask<ReadOnlyMemory<byte>?> StartAsync(CancellationToken cancellationToken) =>
        GuardAsync(() => (_exchange = method.Begin()).StartAsync(cancellationToken), cancellationToken);

    public ValueTask<ReadOnlyMemory<byte>?> ContinueAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken) =>
        GuardAsync(() => _exchange!.ContinueAsync(data, cancellationToken), cancellationToken);

    public async ValueTask FinishAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken) =>
        await GuardAsync(
            async () =>
            {
                await _exchange!.FinishAsync(data, cancellationToken);
                return null;
            },
            cancellationToken);

    private async ValueTask<ReadOnlyMemory<byte>?> GuardAsync(Func<ValueTask<ReadOnlyMemory<byte>?>> step, CancellationToken cancellationToken)
    {
        try
        {
            return await step();
        }
        catch (Exception exception) when (exception is not MqttException && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw new MqttException($"The Authentication Method {method.Name} failed: {exception.Message}", exception);
        }
    }
}
