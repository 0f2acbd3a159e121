using System.Text.RegularExpressions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Serial.Fields;

/// <summary>What a regular expression finds in the frame's text: its first group, or all of it if it has none.</summary>
internal sealed class MatchField : IField
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(1);

    private readonly Regex _pattern;
    private readonly TextKind _kind;

    private MatchField(Regex pattern, TextKind kind) => (_pattern, _kind) = (pattern, kind);

    /// <summary>Reads a pattern.</summary>
    /// <param name="pattern">The pattern of .NET.</param>
    /// <param name="kind">What it finds.</param>
    /// <param name="field">The field, if there is no error.</param>
    /// <param name="error">What is wrong with the pattern, the end of a sentence; null: nothing.</param>
    public static bool TryCreate(string pattern, TextKind kind, out MatchField? field, out string? error)
    {
        (field, error) = (null, null);
        try
        {
            field = new MatchField(Compile(pattern), kind);
            return true;
        }
        catch (ArgumentException exception)
        {
            error = exception.Message.TrimEnd('.');
            return false;
        }
    }

    public DecodedValue? Read(FrameView frame, PointDefinition point)
    {
        try
        {
            var match = _pattern.Match(frame.Text);
            return match.Success ? TextValue.Decode(point, (match.Groups.Count > 1 ? match.Groups[1] : match).Value, _kind) : null;
        }
        catch (RegexMatchTimeoutException)
        {
            return DecodedValue.Bad(point, SerialReasons.MatchTimeout);
        }
    }

    // Linear in the length of the text where the pattern allows it, and so without a limit of time; look-arounds and back-references do not.
    private static Regex Compile(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, TimeLimit);
        }
    }
}
