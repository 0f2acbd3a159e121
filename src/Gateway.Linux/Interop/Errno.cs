namespace Gateway.Linux.Interop;

/// <summary>Error numbers that the code tells apart: <c>asm-generic/errno-base.h</c>, <c>asm-generic/errno.h</c>.</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int ENXIO = 6;
    public const int EAGAIN = 11;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int ENODEV = 19;
    public const int ENOTDIR = 20;
    public const int EINVAL = 22;
    public const int ENOTTY = 25;
    public const int EROFS = 30;
    public const int EPIPE = 32;
    public const int ERANGE = 34;
    public const int ENODATA = 61;
    public const int EPROTO = 71;
    public const int EBADMSG = 74;
    public const int EOPNOTSUPP = 95;
    public const int ESHUTDOWN = 108;
    public const int ETIMEDOUT = 110;
    public const int EREMOTEIO = 121;

    public static string NameOf(int errno) => errno switch
    {
        EPERM => nameof(EPERM),
        ENOENT => nameof(ENOENT),
        EINTR => nameof(EINTR),
        EIO => nameof(EIO),
        ENXIO => nameof(ENXIO),
        EAGAIN => nameof(EAGAIN),
        EACCES => nameof(EACCES),
        EBUSY => nameof(EBUSY),
        ENODEV => nameof(ENODEV),
        ENOTDIR => nameof(ENOTDIR),
        EINVAL => nameof(EINVAL),
        ENOTTY => nameof(ENOTTY),
        EROFS => nameof(EROFS),
        EPIPE => nameof(EPIPE),
        ERANGE => nameof(ERANGE),
        ENODATA => nameof(ENODATA),
        EPROTO => nameof(EPROTO),
        EBADMSG => nameof(EBADMSG),
        EOPNOTSUPP => nameof(EOPNOTSUPP),
        ESHUTDOWN => nameof(ESHUTDOWN),
        ETIMEDOUT => nameof(ETIMEDOUT),
        EREMOTEIO => nameof(EREMOTEIO),
        _ => $"errno {errno}",
    };
}
