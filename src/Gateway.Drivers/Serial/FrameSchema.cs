using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Serial;

/// <summary>What maps may say of frames.</summary>
internal static class FrameSchema
{
    /// <summary>The checksum of a frame.</summary>
    private static readonly SectionSchema Checksum = new()
    {
        Name = "a checksum",
        Keys =
        [
            new() { Name = "kind", Type = KeyType.Choice, Choices = ["sum", "xor", "crc"], Required = true, Description = "How it is reckoned.", Example = "crc" },
            new() { Name = "width", Type = KeyType.Integer, Default = 8L, Minimum = 8, Maximum = 32, Unit = "bits", Description = "8, 16, 24 or 32.", Example = "16" },
            new() { Name = "poly", Type = KeyType.Integer, Minimum = 1, Maximum = uint.MaxValue, Description = "Of a CRC: the polynomial, highest power first, without the highest.", Example = "0x1021" },
            new() { Name = "init", Type = KeyType.Integer, Default = 0L, Minimum = 0, Maximum = uint.MaxValue, Description = "What the reckoning begins with.", Example = "0xFFFF" },
            new() { Name = "refin", Type = KeyType.Boolean, Default = false, Description = "Of a CRC: whether each byte is taken lowest bit first.", Example = "true" },
            new() { Name = "refout", Type = KeyType.Boolean, Default = false, Description = "Of a CRC: whether the result is reflected.", Example = "true" },
            new() { Name = "xorout", Type = KeyType.Integer, Default = 0L, Minimum = 0, Maximum = uint.MaxValue, Description = "What the result is combined with by exclusive or.", Example = "0xFF" },
            new() { Name = "at", Type = KeyType.Integer, Minimum = -SerialSchema.MaxFrameLength, Maximum = SerialSchema.MaxFrameLength, Unit = "bytes", Description = "Where it stands, from the frame's first byte; negative from behind its last. Default: before the end.", Example = "-2" },
            new() { Name = "from", Type = KeyType.Integer, Default = 0L, Minimum = -SerialSchema.MaxFrameLength, Maximum = SerialSchema.MaxFrameLength, Unit = "bytes", Description = "The first byte that it covers.", Example = "1" },
            new() { Name = "to", Type = KeyType.Integer, Minimum = -SerialSchema.MaxFrameLength, Maximum = SerialSchema.MaxFrameLength, Unit = "bytes", Description = "The byte behind the last that it covers. Default: where it stands itself.", Example = "-3" },
            new() { Name = "order", Type = KeyType.Choice, Choices = ["ABCD", "DCBA"], Default = "ABCD", Description = "The order of its bytes; DCBA has the low byte first.", Example = "DCBA" },
            new() { Name = "digits", Type = KeyType.Boolean, Default = false, Description = "Whether it is written in hexadecimal digits.", Example = "true" },
        ],
    };

    /// <summary>The length that a frame tells itself.</summary>
    private static readonly SectionSchema Counted = new()
    {
        Name = "a counted length",
        Keys =
        [
            new() { Name = "at", Type = KeyType.Integer, Required = true, Minimum = 0, Maximum = 255, Unit = "bytes", Description = "Where the number stands, from the frame's first byte.", Example = "2" },
            new() { Name = "type", Type = KeyType.Choice, Choices = ["uint8", "uint16"], Default = "uint8", Description = "What it is.", Example = "uint16" },
            new() { Name = "order", Type = KeyType.Choice, Choices = ["ABCD", "DCBA"], Default = "ABCD", Description = "The order of its bytes; DCBA has the low byte first.", Example = "DCBA" },
            new() { Name = "add", Type = KeyType.Integer, Default = 0L, Minimum = -255, Maximum = 255, Unit = "bytes", Description = "What to add to it to have the length of the whole frame, from its first byte to its last.", Example = "4" },
        ],
    };

    /// <summary>How frames are told apart.</summary>
    public static readonly SectionSchema Frame = new()
    {
        Name = "a frame",
        Keys =
        [
            new() { Name = "start", Type = KeyType.TextList, Description = "What every frame begins with. Text, or bytes as 0x02.", Example = "0xAAC0" },
            new() { Name = "end", Type = KeyType.TextList, Description = "What every frame ends with. Text, or bytes as 0x03.", Example = "\"\\r\\n\"" },
            new() { Name = "length", Type = KeyType.Integer, Minimum = 1, Maximum = SerialSchema.MaxFrameLength, Unit = "bytes", Description = "The length of every frame, from its first byte to its last.", Example = "10" },
            new() { Name = "counted", Type = KeyType.Section, Section = Counted, Description = "Where a frame says how long it is.", Example = "{ at: 2, type: uint16, add: 4 }" },
            new() { Name = "gap", Type = KeyType.Duration, Minimum = 0.001m, Maximum = 60, Description = "The silence behind every frame.", Example = "20 ms" },
            new() { Name = "max-length", Type = KeyType.Integer, Default = 1024L, Minimum = 1, Maximum = SerialSchema.MaxFrameLength, Unit = "bytes", Description = "The longest frame; what is longer is dropped.", Example = "256" },
            new() { Name = "checksum", Type = KeyType.Section, Section = Checksum, Description = "What tells damaged frames.", Example = "{ kind: sum, from: 2 }" },
        ],
        ExactlyOneOf = [["end", "length", "counted", "gap"]],
    };
}
