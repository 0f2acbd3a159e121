namespace Gateway.Abstractions.Definitions;

/// <summary>How much a finding weighs.</summary>
public enum DiagnosticSeverity
{
    /// <summary>Works, but probably not as meant.</summary>
    Warning,

    /// <summary>Cannot be used.</summary>
    Error,
}

/// <summary>One finding in a file that a person wrote.</summary>
/// <param name="Severity">How much it weighs.</param>
/// <param name="Location">Where.</param>
/// <param name="Message">One sentence: what was found, what is allowed or what to do. No full stop at the end.</param>
public sealed record Diagnostic(DiagnosticSeverity Severity, SourceLocation Location, string Message)
{
    /// <summary>An error.</summary>
    public static Diagnostic Error(SourceLocation location, string message) => new(DiagnosticSeverity.Error, location, message);

    /// <summary>A warning.</summary>
    public static Diagnostic Warning(SourceLocation location, string message) => new(DiagnosticSeverity.Warning, location, message);

    /// <summary><c>boiler.yaml:12:7: error: unknown key 'adress' …</c></summary>
    public override string ToString() => $"{Location}: {(Severity == DiagnosticSeverity.Error ? "error" : "warning")}: {Message}";
}
