using System.Text.Json.Serialization;

namespace Gateway.Commands.Doctor;

/// <summary>How something is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    [JsonStringEnumMemberName("ok")]
    Fine,

    /// <summary>It works, or might not for long.</summary>
    [JsonStringEnumMemberName("doubt")]
    Doubtful,

    /// <summary>It does not work.</summary>
    [JsonStringEnumMemberName("wrong")]
    Wrong,
}

/// <summary>What the doctor says of one thing.</summary>
/// <param name="Subject">What was looked at, one or two words.</param>
/// <param name="Verdict">How it is.</param>
/// <param name="Text">What was found, without a full stop.</param>
/// <param name="Remedy">What to do; null: nothing.</param>
internal sealed record Finding(string Subject, Verdict Verdict, string Text, string? Remedy = null)
{
    /// <summary>All is well.</summary>
    public static Finding Fine(string subject, string text) => new(subject, Verdict.Fine, text);
}
