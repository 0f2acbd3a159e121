namespace Gateway.Drivers.Serial;

/// <summary>Why a point of a serial device has no value, as it is published. People write rules on these terms: they never change.</summary>
internal static class SerialReasons
{
    /// <summary>The device did not answer in time.</summary>
    public const string Timeout = "timeout";

    /// <summary>What came was damaged.</summary>
    public const string Checksum = "checksum";

    /// <summary>A device that speaks by itself has not done so for longer than its <c>max-age</c>.</summary>
    public const string Silent = "silent";

    /// <summary>The answer has no such value in it.</summary>
    public const string NoMatch = "no-match";

    /// <summary>The place where the value should be is empty.</summary>
    public const string NoValue = "no-value";

    /// <summary>There is a text where a number should be.</summary>
    public const string NotANumber = "not-a-number";

    /// <summary>The text in a JSON frame is no Unicode.</summary>
    public const string NotAText = "not-a-text";

    /// <summary>The regular expression took too long.</summary>
    public const string MatchTimeout = "match-timeout";

    /// <summary>The point is written and never read.</summary>
    public const string WriteOnly = "write-only";

    /// <summary>The receiver has no position fix.</summary>
    public const string NoFix = "no-fix";

    /// <summary>The telegram gives the value in another unit than the point.</summary>
    public const string OtherUnit = "other-unit";

    /// <summary>The decoder threw, or said that there is an error.</summary>
    public const string DecoderError = "decoder-error";

    /// <summary>The decoder took more time, memory or steps than it may.</summary>
    public const string DecoderLimit = "decoder-limit";
}
