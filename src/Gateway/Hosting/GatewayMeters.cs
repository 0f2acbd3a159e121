using System.Diagnostics.Metrics;

namespace Gateway.Hosting;

/// <summary>
/// Makes the meters of one gateway, which bear it as their scope, so that those of another one in the same process are told apart. Whoever asks for a
/// meter disposes it.
/// </summary>
internal sealed class GatewayMeters : IMeterFactory
{
    /// <inheritdoc/>
    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        return new Meter(options);
    }

    /// <summary>There is nothing of its own.</summary>
    public void Dispose()
    {
    }
}
