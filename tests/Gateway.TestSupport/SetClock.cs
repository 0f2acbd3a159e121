using System.Buffers.Binary;

namespace Gateway.TestSupport;

/// <summary>
/// The clock of a process, which the test sets while it runs (<c>set_clock.c</c>): UTC is off by as much as the test says, and synchronised
/// when it says so. Time since the machine's start is as it is, though the test may say that the machine was started anew.
/// </summary>
public sealed class SetClock : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("clock-");
    private TimeSpan _offset;
    private int _starts;

    private SetClock() => Write();

    /// <summary>What the process gets into its environment.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Library,
        ["GATEWAY_CLOCK"] = Setting,
    };

    /// <summary>Whether a time service has set it since the machine's start.</summary>
    public bool IsSynchronised { get; private set; }

    /// <summary>What its UTC is ahead by.</summary>
    public TimeSpan Offset
    {
        get => _offset;
        set
        {
            _offset = value;
            Write();
        }
    }

    private string Library => Path.Combine(_folder.FullName, "set_clock.so");

    private string Setting => Path.Combine(_folder.FullName, "setting");

    /// <summary>Prepares one that is right and not synchronised.</summary>
    public static async Task<SetClock> CreateAsync()
    {
        var clock = new SetClock();
        await using var compiler = PeerProcess.Start(
            "cc", ["-O1", "-Wall", "-shared", "-fPIC", "-o", clock.Library, Path.Combine(AppContext.BaseDirectory, "set_clock.c"), "-ldl"]);
        return await compiler.WaitForExitAsync() == 0 ? clock : throw new InvalidOperationException($"cc: {compiler.Output}");
    }

    /// <summary>A time service has set it right.</summary>
    public void Synchronise()
    {
        (_offset, IsSynchronised) = (TimeSpan.Zero, true);
        Write();
    }

    /// <summary>The machine was started anew, without a battery-backed clock: for a process that starts from now on. Nobody has set its clock, which is ahead by so much.</summary>
    public void Restart(TimeSpan offset)
    {
        (_offset, IsSynchronised) = (offset, false);
        _starts++;
        Write();
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    // In its place: the process has the file mapped.
    private void Write()
    {
        Span<byte> bytes = stackalloc byte[24];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, _offset.Ticks * TimeSpan.NanosecondsPerTick);
        bytes[8] = IsSynchronised ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], _starts);
        using var file = new FileStream(Setting, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        file.Write(bytes);
    }
}
