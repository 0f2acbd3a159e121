using Gateway.Abstractions.Plugins;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.Drivers.DotnetIot.Hosting;

/// <summary>Makes systemd the lifetime of the host. Does nothing where the gateway is no service of systemd.</summary>
public sealed class SystemdLifetimeExtension : IHostExtension
{
    /// <inheritdoc/>
    public void AddServices(IServiceCollection services) => services.AddSystemd();
}
