using Gateway.Abstractions.Definitions;

namespace Gateway.DeviceMaps.Yaml;

/// <summary>Ends the reading of a file: what follows cannot be understood. Does not leave this folder.</summary>
internal sealed class YamlFaultException(Diagnostic diagnostic) : Exception(diagnostic.Message)
{
    /// <summary>What is wrong.</summary>
    public Diagnostic Diagnostic { get; } = diagnostic;
}
