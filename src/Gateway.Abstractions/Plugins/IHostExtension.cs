using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Abstractions.Plugins;

/// <summary>
/// Adds to the services that the gateway's host is made of, for example another lifetime. Is called once, before the host is made, by
/// <c>gateway run</c> alone. A plug-in has a public class with a constructor without parameters.
/// </summary>
public interface IHostExtension
{
    /// <summary>Adds services, or puts others in the place of those that are there.</summary>
    void AddServices(IServiceCollection services);
}
