namespace Gateway.DeviceMaps.Maps;

/// <summary>Names that become levels of topics.</summary>
public static class TopicLevel
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaximumLength = 128;

    /// <summary>Why a text cannot be a level of a topic, as the end of a sentence; null if it can. MQTT 5.0 §4.7.</summary>
    public static string? Refuse(string name) => name switch
    {
        "" => "it is empty",
        _ when name.Length > MaximumLength => $"it is longer than {MaximumLength} characters",
        _ when name.IndexOfAny(['/', '+', '#']) is var at and >= 0 => $"'{name[at]}' has a meaning of its own in topics",
        ['$', ..] => "a '$' at the beginning is reserved",
        _ when name.Any(char.IsControl) => "it has a control character",
        _ when name.Trim().Length != name.Length => "it begins or ends with a space",
        _ => null,
    };
}
