namespace System.Device.Model;

/// <summary>Marks what a binding measures.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Method)]
public sealed class TelemetryAttribute(string? name = null) : Attribute
{
    public string? Name => name;
}
