using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Chips;

/// <summary>A chip that only the map describes. Immutable.</summary>
internal sealed record RegisterDevice
{
    /// <summary>A read, set-up included, may not hold up the others on its bus for longer than this by what it waits.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    /// <summary>The points, each with what asks for it.</summary>
    public required IReadOnlyList<RegisterPoint> Points { get; init; }

    /// <summary>What is written or sent first, in order.</summary>
    public required IReadOnlyList<RegisterWrite> SetUp { get; init; }

    /// <summary>What a register must say; null: nothing is known of it.</summary>
    public required RegisterWrite? Check { get; init; }

    /// <summary>Bytes of a register's number, 1 or 2.</summary>
    public required int RegisterBytes { get; init; }

    /// <summary>The device of a map; what is wrong is reported.</summary>
    public static RegisterDevice Parse(DeviceDefinition device, ICollection<Diagnostic> diagnostics)
    {
        var settings = device.Settings;
        var width = settings.Get<string>("register-width") == "16" ? 2 : 1;
        var parsed = new RegisterDevice
        {
            Points = [.. device.Points.Select(point => ParsePoint(point, width, diagnostics))],
            SetUp = settings.TryGet<IReadOnlyList<Settings>>("set-up", out var writes) ? [.. writes.Select(write => ParseStep(write, width, diagnostics))] : [],
            Check = settings.TryGet<Settings>("check", out var check) ? ParseWrite(check, width, diagnostics) : null,
            RegisterBytes = width,
        };
        var waits = parsed.SetUp.Aggregate(TimeSpan.Zero, (sum, write) => sum + write.Wait) + parsed.Points.Aggregate(TimeSpan.Zero, (sum, point) => sum + point.Wait);
        if (waits > MaxWait)
        {
            diagnostics.Add(Diagnostic.Error(
                device.Location, $"'wait' of all points and all of 'set-up' together may be {MaxWait.TotalSeconds} s, as the bus waits too, found {waits.TotalSeconds:0.###} s"));
        }

        return parsed;
    }

    private static RegisterPoint ParsePoint(PointDefinition point, int width, ICollection<Diagnostic> diagnostics)
    {
        var settings = point.Settings;
        var field = RegisterField.Parse(settings, diagnostics);
        byte[] sent = [];
        var isRegister = settings.TryGet<long>("register", out var register);
        if (isRegister)
        {
            sent = NumberOf(settings, (int)register, width, diagnostics);
        }
        else if (settings.TryGet<string>("send", out var text))
        {
            sent = ParseBytes(settings, text, diagnostics);
        }

        if (point.Writable && !isRegister)
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("write"), "only a point with 'register' can be written"));
        }

        var parsed = new RegisterPoint(point, sent, isRegister, (int)settings.Get<long>("at"), field, settings.Get<TimeSpan>("wait"));
        if (point.Writable && isRegister && parsed.IsPart && parsed.Wait > TimeSpan.Zero)
        {
            diagnostics.Add(Diagnostic.Error(
                settings.Locate("wait"), "a part of a register is written with what else is in it, which is read at once; remove 'wait', or write the whole register"));
        }

        return parsed;
    }

    private static RegisterWrite ParseStep(Settings settings, int width, ICollection<Diagnostic> diagnostics)
    {
        var wait = settings.Get<TimeSpan>("wait");
        if (settings.TryGet<string>("send", out var text))
        {
            foreach (var key in RegisterKeys.WriteKeys.Where(settings.IsWritten))
            {
                diagnostics.Add(Diagnostic.Error(settings.Locate(key), $"'{key}' is for a write with 'register'; the bytes of 'send' are sent as they are"));
            }

            return new RegisterWrite([], ParseBytes(settings, text, diagnostics), wait);
        }

        if (!settings.IsWritten("value"))
        {
            diagnostics.Add(Diagnostic.Error(settings.Location, "a write of 'set-up' needs 'value', for example value: 0x57"));
        }

        return ParseWrite(settings, width, diagnostics) with { Wait = wait, IsReadBack = settings.Get<bool>("read-back") };
    }

    private static RegisterWrite ParseWrite(Settings settings, int width, ICollection<Diagnostic> diagnostics)
    {
        var field = RegisterField.Parse(settings, diagnostics);
        var bytes = new byte[field.Size];
        if (!settings.TryGet<long>("value", out var value) || !settings.TryGet<long>("register", out var register))
        {
            return new RegisterWrite([], bytes, default);
        }

        // A register's bits are often written as they are, whatever the sign: 0xFF fits int8.
        var isFit = value >= -(1L << ((8 * field.Size) - 1)) && (field.Size == 8 || value < 1L << (8 * field.Size));
        if (!isFit)
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("value"), $"'value' does not fit {settings.Get<string>("type")}, found '{value}'"));
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(value >> (8 * (bytes.Length - 1 - i)));
        }

        if (field.Order == "DCBA")
        {
            Array.Reverse(bytes);
        }
        else if (field.Order != "ABCD")
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("order"), $"'order' must be ABCD or DCBA here, found '{field.Order}'"));
        }

        return new RegisterWrite(NumberOf(settings, (int)register, width, diagnostics), bytes, default);
    }

    private static byte[] NumberOf(Settings settings, int register, int width, ICollection<Diagnostic> diagnostics)
    {
        if (width == 1 && register > 0xFF)
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("register"), $"'register' must be between 0 and 0xFF, found '{register}'; for numbers of 16 bits the device needs 'register-width: 16'"));
        }

        return width == 1 ? [(byte)register] : [(byte)(register >> 8), (byte)register];
    }

    private static byte[] ParseBytes(Settings settings, string text, ICollection<Diagnostic> diagnostics)
    {
        if (text.StartsWith("0x", StringComparison.Ordinal) && text.Length is >= 4 and <= 66 && text.Length % 2 == 0 && text[2..].All(char.IsAsciiHexDigit))
        {
            return Convert.FromHexString(text.AsSpan(2));
        }

        diagnostics.Add(Diagnostic.Error(settings.Locate("send"), $"'send' must be the bytes in hexadecimal, such as 0x2C06, found '{text}'"));
        return [];
    }
}

/// <summary>A point of such a chip.</summary>
/// <param name="Definition">The point.</param>
/// <param name="Sent">What asks for it: a register's number, or other bytes.</param>
/// <param name="IsRegister">Whether it is a register's number.</param>
/// <param name="At">Bytes of the answer before the value.</param>
/// <param name="Field">The value in the answer.</param>
/// <param name="Wait">How long the chip takes.</param>
internal sealed record RegisterPoint(PointDefinition Definition, byte[] Sent, bool IsRegister, int At, RegisterField Field, TimeSpan Wait)
{
    /// <summary>Whether there is more in what is read than the value, so that a write needs to know it.</summary>
    public bool IsPart => Field.IsPart || At > 0;

    /// <summary>How long the answer is.</summary>
    public int AnswerLength => At + Field.Size;
}

/// <summary>What is written to a register, or must be in it; or a command.</summary>
/// <param name="Register">Its number; empty: the bytes are a command, which is sent as it is.</param>
/// <param name="Value">The bytes.</param>
/// <param name="Wait">How long to wait afterwards.</param>
internal sealed record RegisterWrite(byte[] Register, byte[] Value, TimeSpan Wait)
{
    /// <summary>Whether it is read back to see that the chip has taken it.</summary>
    public bool IsReadBack { get; init; }

    /// <summary>Whether it is sent as it is.</summary>
    public bool IsCommand => Register.Length == 0;

    /// <summary>Bytes, as people write them.</summary>
    public static string Describe(byte[] bytes) => $"0x{Convert.ToHexStringLower(bytes)}";

    /// <summary>The register, as people write it.</summary>
    public override string ToString() => Describe(Register);
}
