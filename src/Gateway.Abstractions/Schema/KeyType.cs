namespace Gateway.Abstractions.Schema;

/// <summary>What a key's value may be, and what <see cref="Definitions.Settings"/> holds for it.</summary>
public enum KeyType
{
    /// <summary>A text (string).</summary>
    Text,

    /// <summary>A whole number, decimal or hexadecimal such as 0x76 (long).</summary>
    Integer,

    /// <summary>A number (decimal).</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c> (bool).</summary>
    Boolean,

    /// <summary>A number with one of <c>ms s min h d</c> (TimeSpan).</summary>
    Duration,

    /// <summary>A number with one of <c>B kB MB GB</c>, powers of ten (long, bytes).</summary>
    Size,

    /// <summary>One of the texts that the key names (string).</summary>
    Choice,

    /// <summary>One text or a list of texts (a list of string).</summary>
    TextList,

    /// <summary>Keys and texts of the person's own choosing (a map from string to string).</summary>
    TextMap,

    /// <summary>Keys of its own (<see cref="Definitions.Settings"/>).</summary>
    Section,

    /// <summary>Names of the person's own choosing, each with the keys of one section (a map from string to <see cref="Definitions.Settings"/>).</summary>
    SectionMap,

    /// <summary>One or several sections of the same keys (a list of <see cref="Definitions.Settings"/>).</summary>
    SectionList,

    /// <summary>A text file, by its path from the file that names it (<see cref="Definitions.SourceFile"/>).</summary>
    File,
}
