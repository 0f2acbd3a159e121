namespace Gateway.Modbus.Values;

/// <summary>How characters lie in registers.</summary>
public enum TextEncoding
{
    /// <summary>UTF-8; where the bytes are none, they are read as Latin-1.</summary>
    Utf8,

    /// <summary>A byte a character, 0 to 127; a byte above reads as <c>?</c>.</summary>
    Ascii,

    /// <summary>ISO 8859-1: a byte a character, 0 to 255.</summary>
    Latin1,

    /// <summary>UTF-16, most significant byte first: a register a character.</summary>
    Utf16,
}
