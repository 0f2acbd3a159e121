using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Hosting;

public static class SystemdHostBuilderExtensions
{
    /// <summary>Marks that it was called.</summary>
    public static IServiceCollection AddSystemd(this IServiceCollection services) => services.AddSingleton(typeof(SystemdHostBuilderExtensions).Name);
}
