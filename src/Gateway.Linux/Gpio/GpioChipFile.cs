using Gateway.Abstractions.Buses;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Gpio;

/// <summary>An open chip: what it is, and what its lines are.</summary>
internal sealed class GpioChipFile : IDisposable
{
    private readonly IGpioCalls _calls;
    private readonly SafeFileDescriptor _fd;

    public GpioChipFile(string path, IGpioCalls calls)
    {
        _calls = calls;
        var errno = calls.Open(path, out _fd);
        if (errno != 0)
        {
            throw GpioErrors.CannotOpen(path, errno);
        }

        var info = new gpiochip_info();
        errno = calls.GetChipInfo(_fd, ref info);
        if (errno != 0)
        {
            _fd.Dispose();
            throw GpioErrors.CannotOpen(path, errno);
        }

        Info = new GpioChipInfo(path, GpioName.Read(info.name), GpioName.Read(info.label), (int)info.lines);
    }

    public GpioChipInfo Info { get; }

    public GpioLineInfo GetLine(int offset)
    {
        var info = new gpio_v2_line_info { offset = (uint)offset };
        var errno = _calls.GetLineInfo(_fd, ref info);
        return errno switch
        {
            0 => Describe(info),
            Errno.EINVAL when offset >= Info.Lines => throw GpioErrors.NoLine(Info.Name, offset, Info.Lines),
            Errno.EINVAL or Errno.ENOTTY => throw GpioErrors.TooOld(Info.Path, errno),
            _ => throw GpioErrors.Gone(Info.Name, errno),
        };
    }

    public int Request(ref gpio_v2_line_request request) => _calls.GetLine(_fd, ref request);

    public void Dispose() => _fd.Dispose();

    private static GpioLineInfo Describe(in gpio_v2_line_info info) => new(
        (int)info.offset,
        GpioName.Read(info.name),
        GpioName.Read(info.consumer),
        (info.flags & GpioCdev.GPIO_V2_LINE_FLAG_USED) != 0,
        (info.flags & GpioCdev.GPIO_V2_LINE_FLAG_OUTPUT) != 0 ? GpioDirection.Output : GpioDirection.Input,
        (info.flags & GpioCdev.GPIO_V2_LINE_FLAG_BIAS_PULL_UP) != 0 ? GpioBias.PullUp
            : (info.flags & GpioCdev.GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN) != 0 ? GpioBias.PullDown
            : (info.flags & GpioCdev.GPIO_V2_LINE_FLAG_BIAS_DISABLED) != 0 ? GpioBias.Disabled
            : GpioBias.AsIs,
        (info.flags & GpioCdev.GPIO_V2_LINE_FLAG_ACTIVE_LOW) != 0);
}
