namespace Gateway.Abstractions.Definitions;

/// <summary>A place in a file that a person wrote.</summary>
/// <param name="File">The file, as the person named it or relative to the folder that was read.</param>
/// <param name="Line">From 1; 0 if the whole file is meant.</param>
/// <param name="Column">From 1; 0 if the whole line is meant.</param>
public readonly record struct SourceLocation(string File, int Line, int Column)
{
    /// <summary><c>boiler.yaml:12:7</c>, the form that editors and terminals jump to.</summary>
    public override string ToString() => (Line, Column) switch
    {
        (0, _) => File,
        (_, 0) => $"{File}:{Line}",
        _ => $"{File}:{Line}:{Column}",
    };
}
