namespace Gateway.DeviceMaps.Yaml;

/// <summary>How large a file may be. The limits are far above what people write and far below what hurts.</summary>
internal static class YamlLimits
{
    /// <summary>The size of a file, bytes: some 20,000 points.</summary>
    public const int MaximumFileSize = 4 * 1024 * 1024;

    /// <summary>The values of one document, with aliases expanded.</summary>
    public const int MaximumNodes = 500_000;

    /// <summary>The levels of one document, with aliases expanded.</summary>
    public const int MaximumDepth = 32;
}
