namespace Gateway.Drivers.Serial.Framing;

/// <summary>
/// How a device's frames are told apart: a start that they may have, and one of an end, a fixed length, a length that
/// the frame counts itself, or a gap behind it. Immutable.
/// </summary>
internal sealed record FrameLayout
{
    /// <summary>A frame of fixed or counted length whose rest has not come by then never comes.</summary>
    public static readonly TimeSpan ResetGap = TimeSpan.FromMilliseconds(500);

    /// <summary>The bytes that every frame begins with; empty: any.</summary>
    public byte[] Start { get; init; } = [];

    /// <summary>The bytes that every frame ends with; empty: the end is found in another way.</summary>
    public byte[] End { get; init; } = [];

    /// <summary>What follows <see cref="End"/> up to this byte belongs to the frame; null: nothing follows.</summary>
    public byte? Closing { get; init; }

    /// <summary>The length of every frame, start and all; null: it differs.</summary>
    public int? Length { get; init; }

    /// <summary>Where a frame says how long it is; null: nowhere.</summary>
    public CountedLength? Counted { get; init; }

    /// <summary>The silence behind every frame; null: the end is found in another way.</summary>
    public TimeSpan? Gap { get; init; }

    /// <summary>The longest frame, bytes. What is longer is dropped.</summary>
    public int MaxLength { get; init; } = 1024;

    /// <summary>Tells damaged frames; null: nothing does.</summary>
    public IFrameCheck? Check { get; init; }

    /// <summary>After which silence what has come so far is a frame, or none; null: silence means nothing.</summary>
    public TimeSpan? IdleTime => Gap ?? (Length is not null || Counted is not null ? ResetGap : null);

    /// <summary>What is between start and end.</summary>
    public ReadOnlySpan<byte> BodyOf(ReadOnlySpan<byte> frame) =>
        Closing is not null || frame.Length < Start.Length + End.Length ? frame : frame[Start.Length..^End.Length];
}

/// <summary>A frame's length within the frame.</summary>
/// <param name="At">The offset of the number in the frame.</param>
/// <param name="Size">Its bytes, 1 or 2.</param>
/// <param name="IsLittleEndian">Whether its low byte comes first.</param>
/// <param name="Add">What to add to it to have the length of the whole frame.</param>
internal sealed record CountedLength(int At, int Size, bool IsLittleEndian, int Add)
{
    /// <summary>The length of the whole frame; null if too little of it is there yet.</summary>
    public int? Read(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < At + Size)
        {
            return null;
        }

        var number = Size == 1 ? frame[At] : IsLittleEndian ? frame[At] | (frame[At + 1] << 8) : (frame[At] << 8) | frame[At + 1];
        return number + Add;
    }
}

/// <summary>Tells damaged frames.</summary>
internal interface IFrameCheck
{
    /// <summary>Whether a whole frame is as it was sent, as far as can be told.</summary>
    bool IsIntact(ReadOnlySpan<byte> frame);
}
