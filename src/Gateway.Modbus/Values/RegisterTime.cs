namespace Gateway.Modbus.Values;

/// <summary>How a date and time lies in registers.</summary>
public enum TimeForm
{
    /// <summary>Two registers: seconds since 1970, UTC.</summary>
    Unix32,

    /// <summary>Four registers: seconds since 1970, UTC.</summary>
    Unix64,

    /// <summary>Four registers: milliseconds since 1970, UTC.</summary>
    Unix64Milliseconds,

    /// <summary>Three registers of two bytes: year from 2000 and month, day and hour, minute and second.</summary>
    YearToSecond,

    /// <summary>
    /// Four registers: year from 2000 (bits 0–6); month (8–11), day of the week from Monday (5–7) and day (0–4); hour (8–12), invalid (7) and minute (0–5); milliseconds.
    /// IEC 60870-5-4 §6.8. With the registers in reverse, <see cref="ByteOrder.CDAB"/>, it is the CP56Time2a of IEC 60870-5-101.
    /// </summary>
    Iec870,
}

/// <summary>Dates and times from and to registers.</summary>
public static class RegisterTime
{
    private const int Century = 2000;

    /// <summary>How many registers a form takes.</summary>
    public static int RegisterCount(this TimeForm form) => form switch
    {
        TimeForm.Unix32 => 2,
        TimeForm.YearToSecond => 3,
        _ => 4,
    };

    /// <summary>Whether the registers say a time in UTC; otherwise they show a clock and a calendar of unknown zone.</summary>
    public static bool IsUtc(this TimeForm form) => form is TimeForm.Unix32 or TimeForm.Unix64 or TimeForm.Unix64Milliseconds;

    /// <summary>Reads a time, of kind UTC or unspecified; false if there is no such date, or the device calls it invalid.</summary>
    /// <exception cref="ArgumentException">There are not as many registers as the form takes.</exception>
    public static bool TryDecode(ReadOnlySpan<ushort> registers, TimeForm form, ByteOrder order, out DateTime time)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(registers.Length, form.RegisterCount(), nameof(registers));
        var bits = RegisterCodec.DecodeBits(registers, order);
        switch (form)
        {
            case TimeForm.Unix32 or TimeForm.Unix64:
                return TryAdd(bits, TimeSpan.TicksPerSecond, out time);
            case TimeForm.Unix64Milliseconds:
                return TryAdd(bits, TimeSpan.TicksPerMillisecond, out time);
            case TimeForm.YearToSecond:
                return TryCompose(Field(bits, 40, 8), Field(bits, 32, 8), Field(bits, 24, 8), Field(bits, 16, 8), Field(bits, 8, 8), 1000 * Field(bits, 0, 8), out time);
            default:
                time = default;
                return Field(bits, 23, 1) == 0
                    && TryCompose(Field(bits, 48, 7), Field(bits, 40, 4), Field(bits, 32, 5), Field(bits, 24, 5), Field(bits, 16, 6), Field(bits, 0, 16), out time);
        }
    }

    /// <summary>Writes a time; false, and nothing written, if the form cannot say it. Fractions that it has no place for are cut off.</summary>
    /// <exception cref="ArgumentException">There are not as many registers as the form takes.</exception>
    public static bool TryEncode(DateTime time, TimeForm form, ByteOrder order, Span<ushort> registers)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(registers.Length, form.RegisterCount(), nameof(registers));
        var sinceEpoch = time.Ticks - DateTime.UnixEpoch.Ticks;
        var lastYear = form switch { TimeForm.YearToSecond => Century + 99, TimeForm.Iec870 => Century + 127, _ => 9999 };
        if (form.IsUtc() ? sinceEpoch < 0 || (form == TimeForm.Unix32 && sinceEpoch / TimeSpan.TicksPerSecond > uint.MaxValue) : time.Year < Century || time.Year > lastYear)
            return false;

        var year = Math.Max(0, time.Year - Century);
        var bits = form switch
        {
            TimeForm.Unix32 or TimeForm.Unix64 => (ulong)(sinceEpoch / TimeSpan.TicksPerSecond),
            TimeForm.Unix64Milliseconds => (ulong)(sinceEpoch / TimeSpan.TicksPerMillisecond),
            TimeForm.YearToSecond => Compose((year, 40), (time.Month, 32), (time.Day, 24), (time.Hour, 16), (time.Minute, 8), (time.Second, 0)),
            _ => Compose((year, 48), (time.Month, 40), (WeekDay(time), 37), (time.Day, 32), (time.Hour, 24), (time.Minute, 16), (1000 * time.Second + time.Millisecond, 0)),
        };
        RegisterCodec.EncodeBits(bits, order, registers);
        return true;
    }

    private static int WeekDay(DateTime time) => time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek;

    private static ulong Compose(params ReadOnlySpan<(int Field, int Lowest)> fields)
    {
        var bits = 0UL;
        foreach (var (field, lowest) in fields)
            bits |= (ulong)(uint)field << lowest;
        return bits;
    }

    private static int Field(ulong bits, int lowest, int width) => (int)RegisterBits.Get(bits, lowest, width);

    private static bool TryAdd(ulong count, long ticks, out DateTime time)
    {
        var isThere = count <= (ulong)((DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / ticks);
        time = isThere ? DateTime.UnixEpoch.AddTicks((long)count * ticks) : default;
        return isThere;
    }

    private static bool TryCompose(int year, int month, int day, int hour, int minute, int milliseconds, out DateTime time)
    {
        time = default;
        if (year > 127 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(Century + year, month) || hour > 23 || minute > 59 || milliseconds > 59_999)
            return false;

        time = new DateTime(Century + year, month, day, hour, minute, 0).AddMilliseconds(milliseconds);
        return true;
    }
}
