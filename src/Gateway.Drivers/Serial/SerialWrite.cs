using System.Runtime.InteropServices;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Serial.Framing;

namespace Gateway.Drivers.Serial;

/// <summary>How a point is written. Immutable.</summary>
/// <param name="Template">What is sent.</param>
/// <param name="Answer">What the device must say to it; empty: it need not say anything.</param>
internal sealed record SerialWrite(CommandTemplate Template, byte[] Answer)
{
    /// <summary>The key of a point that is written and never read.</summary>
    public const string CommandKey = "command";

    private const string RequestKey = "write-request";
    private const string AnswerKey = "write-answer";

    private static readonly string[] OfReading = ["request", "type", "order", "bit", "length", "every"];

    /// <summary>How a point is written; null if it is not, or if its keys do not suit each other, which is reported.</summary>
    public static SerialWrite? Parse(PointDefinition point, FrameLayout? layout, ICollection<Diagnostic> diagnostics)
    {
        var settings = point.Settings;
        void Refuse(string key, string message) => diagnostics.Add(Diagnostic.Error(settings.Locate(key), message));
        var isCommand = settings.IsWritten(CommandKey);
        if (!point.Writable)
        {
            foreach (var key in new[] { CommandKey, RequestKey, AnswerKey }.Where(settings.IsWritten))
            {
                Refuse(key, $"'{key}' is for points with 'write: true'");
            }

            return null;
        }

        foreach (var key in isCommand ? OfReading.Append(RequestKey).Where(settings.IsWritten) : [])
        {
            Refuse(key, $"'{key}' does not go with 'command': the point is never read");
        }

        if (!isCommand && !settings.IsWritten(RequestKey))
        {
            Refuse("write", "'write: true' needs 'write-request', what is sent to write the point, such as write-request: \"SP={value}\\r\\n\"");
            return null;
        }

        var sent = isCommand ? CommandKey : RequestKey;
        if (CommandTemplate.Parse(settings.Get<IReadOnlyList<string>>(sent), layout?.Check, out var error) is not { } template)
        {
            Refuse(sent, $"'{sent}' cannot be used: {error}");
            return null;
        }

        return FrameParser.TryReadBytes(settings, AnswerKey, diagnostics, out var answer) ? new SerialWrite(template, answer) : null;
    }
}

/// <summary>Waits for what a device must say to a command, anywhere in what comes. Guarded by its bus's lock.</summary>
internal sealed class ExpectedAnswer(byte[] expected)
{
    private const int Kept = 256;

    private readonly TaskCompletionSource _came = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<byte> _received = [];

    /// <summary>Ends when it has come.</summary>
    public Task Came => _came.Task;

    /// <summary>The newest of what came, for people.</summary>
    public string Heard => new([.. _received.TakeLast(40).Select(value => value is >= 0x20 and < 0x7F ? (char)value : '.')]);

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        _received.AddRange(bytes);
        if (CollectionsMarshal.AsSpan(_received).IndexOf(expected) >= 0)
        {
            _came.TrySetResult();
        }

        _received.RemoveRange(0, Math.Max(0, _received.Count - Math.Max(Kept, expected.Length)));
    }
}
