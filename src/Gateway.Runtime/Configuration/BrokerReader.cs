using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;

namespace Gateway.Runtime.Configuration;

/// <summary>Turns what <c>broker</c> says beside its listeners into options.</summary>
internal sealed class BrokerReader(ISourceFiles files, ConfigurationPlace place, ICollection<Diagnostic> diagnostics)
{
    /// <summary>The options with what the section says beside <paramref name="listeners"/>.</summary>
    public BrokerOptions Read(Settings broker, BrokerOptions listeners)
    {
        var aclFile = place.FindFile(broker, "acl", diagnostics);
        return listeners with
        {
            AclFile = aclFile,
            Acl = aclFile is null ? null : new AclReader(files, diagnostics).Read(aclFile),
            Limits = BrokerLimitsSchema.Read(broker.Get<Settings>("limits")),
            SystemTopicsInterval = broker.TryGet<TimeSpan>("sys-interval", out var interval) ? interval : listeners.SystemTopicsInterval,
            ValidatesPayloadFormat = broker.TryGet<bool>("validate-payload-format", out var validates) && validates,
        };
    }
}
