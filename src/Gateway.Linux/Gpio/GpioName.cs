using System.Text;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Gpio;

/// <summary>Texts of the kernel's GPIO structs: up to 31 bytes, then NUL.</summary>
internal static class GpioName
{
    public static string Read(ReadOnlySpan<byte> name)
    {
        var end = name.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
    }

    /// <summary>ASCII only; what is too long is cut.</summary>
    public static void Write(string text, Span<byte> name) =>
        Encoding.ASCII.GetBytes(text.AsSpan(0, Math.Min(text.Length, GpioCdev.GPIO_MAX_NAME_SIZE - 1)), name);
}
